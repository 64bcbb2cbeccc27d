/** Signing with a private key in the page, apart from what a page loads first: wallets bring their own. */
export { createEOASigner } from '@conclave/sdk';
