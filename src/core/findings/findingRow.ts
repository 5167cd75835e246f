/** A finding as the database answers it: times as `2026-07-11T10:00:00Z`. */
export interface FindingRow {
  readonly id: string;
  readonly creator_account_id: string;
  readonly email_address: string;
  readonly create_time: string;
  readonly update_time: string;
  readonly start_time: string;
  readonly end_time: string | null;
  readonly title: string;
  readonly short_description: string;
  readonly slug: string;
  readonly reported_by: string;
  readonly event_type: string;
  readonly published: boolean;
  readonly ASNs: readonly number[];
  readonly CCs: readonly string[];
  readonly themes: readonly string[];
  readonly tags: readonly string[];
  readonly test_names: readonly string[];
  readonly domains: readonly string[];
  readonly links: readonly string[];
}
