/** The calls of accounts on a host that has no keys for them: everybody is logged out. */
import type { Middleware } from 'koa';
import { sendError, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export const withoutAccounts: RouteFamily = (router) => {
  const notSetUp: Middleware = (ctx) =>
    sendError(ctx, 503, 'Accounts are not set up on this server');
  const nobody: Middleware = (ctx) => sendError(ctx, 401, 'Authentication required');
  router.post('/api/v1/user_register', notSetUp);
  router.post('/api/v2/ooniauth/user-login', notSetUp);
  router.get('/api/v1/user_login', nobody);
  router.get('/api/v1/user_refresh_token', nobody);
  router.post('/api/v2/ooniauth/user-session', nobody);
  router.post('/api/v1/set_account_role', nobody);
  router.get('/api/v1/get_account_role/:emailAddress', nobody);
  router.get('/api/_/account_metadata', (ctx) => {
    ctx.set('Cache-Control', 'no-cache');
    sendJson(ctx, { logged_in: false, role: '' });
  });
  router.get('/api/v2/ooniauth/user-session', (ctx) => {
    ctx.set('Cache-Control', 'no-cache');
    sendJson(ctx, {
      session_token: '',
      redirect_to: '',
      email_address: '',
      account_id: '',
      role: '',
      login_time: null,
      is_logged_in: false,
    });
  });
};
