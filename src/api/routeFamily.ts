/**
 * A family of routes: what belongs together on the router, made from exactly what it needs. service.ts
 * lists them all.
 */
import type Router from '@koa/router';

export type RouteFamily = (router: Router) => void;

/** Families that are made together, with what they keep open. */
export interface FamilyGroup {
  readonly families: readonly RouteFamily[];
  /** Ends what is the group's own. */
  close?(): Promise<void>;
}
