import t from 'tap';
import {
  FEEDBACK_STATUSES,
  feedbackAnswer,
  readFeedback,
} from '../../../src/core/feedback/feedback.ts';

t.test('what may be said', async (t) => {
  t.equal(FEEDBACK_STATUSES.length, 15);
  t.strictSame(readFeedback({ measurement_uid: ' 20260711_x ', status: ' ok ' }), {
    kind: 'ok',
    feedback: { measurementUid: '20260711_x', status: 'ok' },
  });
  for (const [body, detail] of [
    [{ measurement_uid: 'x', status: 'fine' }, 'Invalid status'],
    [{ measurement_uid: 'x' }, 'Invalid status'],
    [{ measurement_uid: '  ', status: 'ok' }, 'Invalid measurement_uid'],
    [{ measurement_uid: 'x'.repeat(101), status: 'ok' }, 'Invalid measurement_uid'],
    [{ status: 'ok' }, 'Invalid measurement_uid'],
    [{ measurement_uid: 1, status: 'ok' }, 'Invalid measurement_uid'],
    [[], 'Invalid measurement_uid'],
    [null, 'Invalid measurement_uid'],
  ] as const)
    t.strictSame(readFeedback(body), { kind: 'refused', detail });
});

t.test('what is answered', async (t) => {
  const rows = [
    { status: 'blocked', accounts: 1, own: 0 },
    { status: 'ok', accounts: 2, own: 1 },
  ];
  t.strictSame(feedbackAnswer(rows, undefined), { summary: { blocked: 1, ok: 2 } });
  t.strictSame(feedbackAnswer(rows, 'a'), {
    summary: { blocked: 1, ok: 2 },
    user_feedback: 'ok',
  });
  t.strictSame(feedbackAnswer([], 'a'), { summary: {} });
});
