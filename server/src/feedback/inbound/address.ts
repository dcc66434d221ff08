import { domainToASCII } from 'node:url';

/** A domain in lower case and A-labels, as the configuration has it: smtp-server gives U-labels. */
export const asciiDomain = (domain: string): string =>
  domainToASCII(domain.trim().replace(/\.$/, '')) || domain;
