/** How tables are made on one server or on a replicated cluster. */
export interface EngineOptions {
  /** Name of the cluster: `ON CLUSTER` and replicated engines. Absent: one server. */
  readonly cluster?: string | undefined;
}

export function onCluster(options: EngineOptions): string {
  return options.cluster === undefined ? '' : ` ON CLUSTER '${options.cluster}'`;
}

/** `ReplacingMergeTree(version)`, or its replicated form with the server's default paths. */
export function tableEngine(family: string, argument: string, options: EngineOptions): string {
  return `${options.cluster === undefined ? '' : 'Replicated'}${family}(${argument})`;
}

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Idempotent statements; `database` is a checked identifier. */
  readonly statements: (database: string, engine: EngineOptions) => readonly string[];
  /**
   * Fill what the database then keeps up to date by itself, from the tables that it is made from. Run after
   * the statements, and again whenever an operator wants it: running it twice counts nothing twice.
   */
  readonly rebuild?: (database: string) => readonly string[];
}
