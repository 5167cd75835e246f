/** The rights that ClickHouse's user of this backend needs (docs/install.md, "ClickHouse"). */
export interface NeededGrant {
  readonly rights: readonly string[];
  /** What they are on. */
  on(database: string): string;
}

/** `GRANT ALL` on the database gives more; these are what the programs use of it. */
export const GRANTS: readonly NeededGrant[] = [
  {
    rights: [
      'SELECT',
      'INSERT',
      'ALTER TABLE',
      'CREATE TABLE',
      'CREATE VIEW',
      'DROP TABLE',
      'TRUNCATE',
    ],
    on: (database) => `${database}.*`,
  },
  // How `remove` sees that rows are gone from the disk.
  { rights: ['SELECT'], on: () => 'system.mutations' },
];
