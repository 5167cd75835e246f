/**
 * Preloaded into the S3 server of the tests: it takes requests of at most 11 MiB, real services take 5 GiB.
 * Fastify tells of each server that it makes.
 */
import { subscribe } from 'node:diagnostics_channel';

const BODY_LIMIT_BYTES = 67_108_864;

subscribe('fastify.initialization', ({ fastify }) =>
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit = BODY_LIMIT_BYTES;
  }),
);
