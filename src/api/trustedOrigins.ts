/** The pages that may use the api with a visitor's credentials (protocol, data 3.5). */

const TRUSTED_ORIGINS = [
  /^https:\/\/[-A-Za-z0-9]+(\.(test|dev))?\.ooni\.(org|io)$/,
  /^https:\/\/[^/]*\.observableusercontent\.com$/,
];

export function isTrustedOrigin(origin: string): boolean {
  return TRUSTED_ORIGINS.some((pattern) => pattern.test(origin));
}
