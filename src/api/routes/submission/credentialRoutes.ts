/** What probes need to have a credential (protocol, probes 3.4.1 and 3.4.2). */
import type { Context } from 'koa';
import { julianDay } from '../../../core/credentials/manifest.ts';
import { signRequest } from '../../../core/credentials/signRequest.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import {
  sendError,
  sendIssues,
  sendJson,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import type { Credentials } from '../../credentials.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';

/** Of the credential protocol; clients insist on a text. */
export const PROTOCOL_VERSION = '0.1.0';
const MANIFEST_SECONDS = 60;
const RETRY_AFTER_SECONDS = 60;

export interface CredentialRouteParts {
  readonly credentials: Credentials;
  readonly bodies: JsonBodies;
  /** Without slash at the end. */
  readonly baseUrl: string;
  readonly libraryVersion: string;
  readonly nowMs: () => number;
}

export function credentialRoutes(parts: CredentialRouteParts): RouteFamily {
  const { credentials } = parts;

  const sign = async (ctx: Context) => {
    const body = await parts.bodies.read(ctx);
    if (body === undefined) return;
    const asked = signRequest(body);
    if (asked.kind === 'invalid') return sendIssues(ctx, asked.issues);
    if (asked.manifestVersion !== credentials.rules?.manifest.version) {
      const message = `No manifest with version '${asked.manifestVersion.slice(0, 100)}' was found`;
      return sendError(ctx, 404, { error: 'manifest_not_found', message });
    }
    const emissionDay = julianDay(parts.nowMs());
    const answer = await credentials.sign(asked.request, emissionDay);
    switch (answer.kind) {
      case 'ok':
        ctx.set('Cache-Control', 'no-cache');
        sendJson(ctx, { credential_sign_response: answer.response, emission_day: emissionDay });
        return;
      case 'refused':
        sendError(ctx, answer.fault === 'deserialization_failed' ? 400 : 403, {
          error: answer.fault,
          message: 'The credential could not be signed',
        });
        return;
      case 'unusable':
        sendUnavailable(ctx, 'Credentials cannot be signed at the moment', RETRY_AFTER_SECONDS);
    }
  };

  return (router) => {
    router.get('/api/v1/manifest', (ctx) => {
      const manifest = credentials.rules?.manifest;
      if (manifest === undefined) {
        const message = 'No manifest is configured';
        return sendError(ctx, 404, { error: 'manifest_not_found', message });
      }
      setMaxAge(ctx, MANIFEST_SECONDS);
      sendJson(ctx, {
        manifest: manifest.document,
        meta: {
          version: manifest.version,
          last_modification_date: `${new Date(manifest.changedMs).toISOString().slice(0, 19)}Z`,
          manifest_url: `${parts.baseUrl}/api/v1/manifest`,
          library_version: parts.libraryVersion,
          protocol_version: PROTOCOL_VERSION,
        },
      });
    });
    router.post('/api/v1/sign_credential', sign);
  };
}
