export { createTokens, type Tokens, type PersonClaim, type PersonPurpose, type PreviewClaim } from './tokens';
export { createUrls, type Urls } from './urls';
export type { ReturnPath, UnsubscribeClaim } from './return-path';
