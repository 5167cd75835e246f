import { scoreTorsf } from '../../../../src/core/scoring/nettests/torsf.ts';
import { checkNettest } from '../table.ts';

const broken = { software_version: '3.8.3', software_name: 'ooniprobe-android-unattended' };

checkNettest(scoreTorsf, [
  { name: 'nothing', scores: { extra: { bootstrap_time: null, test_runtime: null } } },
  {
    name: 'good',
    measurement: { test_runtime: 1.25 },
    testKeys: { failure: '', bootstrap_time: 12.5 },
    scores: { extra: { bootstrap_time: 12.5, test_runtime: 1.25 } },
  },
  { name: 'blocked', testKeys: { failure: 'x' }, scores: { blocking_general: 1 } },
  {
    name: 'a broken release',
    measurement: broken,
    testKeys: { failure: 'x' },
    scores: { accuracy: 0 },
  },
  {
    name: 'a broken release with odd test keys',
    measurement: broken,
    testKeys: 'x',
    scores: { accuracy: 0 },
  },
  {
    name: 'the next release',
    measurement: { ...broken, software_version: '3.8.4' },
    testKeys: { failure: 'x' },
    scores: { blocking_general: 1 },
  },
  {
    name: 'on another system',
    measurement: { ...broken, software_name: 'ooniprobe-ios' },
    testKeys: { failure: 'x' },
    scores: { blocking_general: 1 },
  },
  {
    name: 'software without a name',
    measurement: { software_version: '3.8.3' },
    testKeys: { failure: 'x' },
    scores: { blocking_general: 1 },
  },
  {
    name: 'odd software',
    measurement: { ...broken, software_name: 5 },
    malformed: 'software_name',
  },
]);
