/** `is_verified` of a row, and as clients read it (protocol, data 4.1). */

const CODES = { verified: 't', failed: 'f', unverified: 'u' } as const;

export type VerificationStatus = keyof typeof CODES;

export const VERIFICATION_STATUSES = ['verified', 'failed', 'unverified'] as const;

export function verificationCode(status: VerificationStatus): string {
  return CODES[status];
}

/** Null for a code that is not known. */
export function verificationStatus(code: string): VerificationStatus | null {
  return VERIFICATION_STATUSES.find((status) => CODES[status] === code) ?? null;
}
