/** What people with an account do: log in, report, edit findings and links. */
import type { FamilyGroup } from '../routeFamily.ts';
import type { SharedParts } from './sharedParts.ts';

export function openAccounts(_shared: SharedParts): FamilyGroup {
  return {
    families: [
      // Log-in and roles.
      // What people write: feedback, findings, links.
    ],
  };
}
