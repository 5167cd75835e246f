/**
 * A family of routes: what belongs together on the router, made from exactly what it needs. service.ts
 * lists them all.
 */
import type Router from '@koa/router';
import type { DirectRoutes } from '../edge/http/directRoutes.ts';

/** `direct`: for what is asked so often that the way through the router costs more than the work. */
export type RouteFamily = (router: Router, direct: Pick<DirectRoutes, 'post'>) => void;

/** Families that are made together, with what they keep open. */
export interface FamilyGroup {
  readonly families: readonly RouteFamily[];
  /** Ends what is the group's own. */
  close?(): Promise<void>;
}
