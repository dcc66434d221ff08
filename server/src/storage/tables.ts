/** Names of all tables. Content-type tables are made by Strapi, the others by our migrations. */
export const TABLE = {
  // content types
  subscribers: 'newsletter_subscribers',
  lists: 'newsletter_lists',
  segments: 'newsletter_segments',
  campaigns: 'newsletter_campaigns',
  campaignContents: 'newsletter_campaign_contents',
  templates: 'newsletter_templates',
  // raw
  migrations: 'newsletter_migrations',
  secrets: 'newsletter_secrets',
  settings: 'newsletter_settings',
  subscriptions: 'newsletter_subscriptions',
  consentLog: 'newsletter_consent_log',
  wordings: 'newsletter_wordings',
  suppressions: 'newsletter_suppressions',
  runs: 'newsletter_runs',
  batches: 'newsletter_batches',
  deliveries: 'newsletter_deliveries',
  epochs: 'newsletter_epochs',
  links: 'newsletter_links',
  events: 'newsletter_events',
  mails: 'newsletter_mails',
  publishRules: 'newsletter_publish_rules',
  outbox: 'newsletter_outbox',
} as const;
