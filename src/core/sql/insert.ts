/** The statement in front of rows that are JSON texts, one a line. `table`: one of ours. */
export function insertJsonSql(table: string): string {
  return `INSERT INTO ${table} FORMAT JSONEachRow`;
}
