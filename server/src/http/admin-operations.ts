import type { z } from 'zod';
import * as contract from '../../../shared/contracts';
import { exportQuerySchema as subscriberExport } from './admin/export';
import { querySchema as listQuery } from './admin/lists';
import { changeSchema as subscriberChange } from './admin/subscribers';
import { exportQuerySchema as suppressionExport } from './admin/suppressions';
import { previewSchema as templatePreview, querySchema as templateQuery } from './admin/templates';

/** What the description of an admin route says beyond its method, path and rights. */
export interface Operation {
  summary: string;
  body?: z.ZodType;
  query?: z.ZodType;
  /** Takes one file as multipart/form-data, in the field `files`. */
  file?: true;
  /** Default: 200. */
  status?: 201 | 204;
  /** Default: JSON. */
  answer?: 'text/csv';
}

const csv = 'text/csv' as const;

/** By handler. The schemas are those that the handlers check with; a test compares them. */
export const OPERATIONS: Record<string, Operation> = {
  'overview.find': { summary: 'What the overview shows' },
  'health.find': { summary: 'Queue, workers, transports and what is wrong with them' },
  'attributes.find': { summary: 'Declared attributes of subscribers' },

  'campaigns.find': { summary: 'A page of campaigns', query: contract.campaignQuerySchema },
  'campaigns.findOne': { summary: 'A campaign with its contents' },
  'campaigns.create': { summary: 'Make a draft', body: contract.campaignInputSchema, status: 201 },
  'campaigns.update': { summary: 'Change a draft', body: contract.campaignInputSchema },
  'campaigns.delete': { summary: 'Delete a campaign that never sent', status: 204 },
  'campaigns.duplicate': { summary: 'Make a draft like it', status: 201 },
  'campaigns.audience': { summary: 'How many would get it, and who is left out why' },
  'campaigns.timing': { summary: 'When it would reach whom', query: contract.timingQuerySchema },
  'campaigns.preflight': { summary: 'What blocks sending, and what should be looked at' },
  'campaigns.preview': { summary: 'The mail as one person gets it', query: contract.previewQuerySchema },
  'campaigns.test': { summary: 'Send it to some addresses as a test', body: contract.testSendSchema },
  'campaigns.report': { summary: 'What became of it: every candidate accounted for' },
  'campaigns.deliveries': { summary: 'A page of its deliveries', query: contract.deliveryQuerySchema },
  'campaigns.schedule': { summary: 'Send it, at a time or at once', body: contract.scheduleSchema },
  'campaigns.unschedule': { summary: 'Make a scheduled campaign a draft again' },
  'campaigns.pause': { summary: 'Pause sending' },
  'campaigns.resume': { summary: 'Go on sending' },
  'campaigns.cancel': { summary: 'End sending for good' },

  'destinations.find': { summary: 'Receivers: their limits and what they say of us' },
  'destinations.ofCampaign': { summary: 'The same for one campaign' },
  'destinations.resume': {
    summary: 'Lift the suspension of a receiver',
    body: contract.resumeDestinationSchema,
  },

  'in-doubt.find': {
    summary: 'Deliveries of which nobody knows whether they arrived',
    query: contract.inDoubtQuerySchema,
  },
  'in-doubt.leave': { summary: 'Leave them as they are' },
  'in-doubt.sendAgain': { summary: 'Send them again: some may get the mail twice' },

  'subscribers-export.csv': { summary: 'Subscribers as CSV', query: subscriberExport, answer: csv },
  'subscribers.find': { summary: 'A page of subscribers', query: contract.subscriberQuerySchema },
  'subscribers.counts': { summary: 'How many there are, by status' },
  'subscribers.bulk': { summary: 'Do one thing to many', body: contract.subscriberBulkSchema },
  'subscribers.create': {
    summary: 'Add a person, stating their consent',
    body: contract.subscriberInputSchema,
    status: 201,
  },
  'subscribers.findOne': { summary: 'A person with lists and consent' },
  'subscribers.update': { summary: 'Change a person', body: subscriberChange },
  'subscribers.delete': { summary: 'Erase a person; what suppresses the address stays', status: 204 },
  'subscribers.timeline': { summary: 'What a person got and did' },
  'subscribers.invite': { summary: 'Send the mail to confirm again', status: 204 },

  'imports.find': { summary: 'A page of imports', query: contract.importQuerySchema },
  'imports.create': { summary: 'Upload a CSV file', file: true, status: 201 },
  'imports.findOne': { summary: 'An import: how it is read, how far it is' },
  'imports.update': { summary: 'Change how the file is read', body: contract.importReadingSchema },
  'imports.delete': { summary: 'Remove an import with its file', status: 204 },
  'imports.addresses': { summary: 'A look at its addresses', body: contract.importAddressesSchema },
  'imports.start': { summary: 'Start it', body: contract.importStartSchema },
  'imports.cancel': { summary: 'Stop it; what was taken stays' },
  'imports.problems': { summary: 'A page of rows with problems', query: contract.importProblemsQuerySchema },
  'imports.report': {
    summary: 'All rows with problems as CSV',
    query: contract.importProblemsQuerySchema,
    answer: csv,
  },

  'hygiene.find': { summary: 'A page of checks of the list', query: contract.pageQuerySchema },
  'hygiene.create': { summary: 'Start a check', body: contract.hygieneStartSchema, status: 201 },
  'hygiene.sunset': { summary: 'Who would be suppressed for not reading' },
  'hygiene.findOne': { summary: 'A check: how far it is, what it found' },
  'hygiene.delete': { summary: 'Remove a check', status: 204 },
  'hygiene.cancel': { summary: 'Stop a check' },
  'hygiene.findings': { summary: 'A page of what it found', query: contract.hygieneFindingsQuerySchema },
  'hygiene.csv': {
    summary: 'All that it found as CSV',
    query: contract.hygieneExportQuerySchema,
    answer: csv,
  },
  'hygiene.act': { summary: 'Do something about findings', body: contract.hygieneActSchema },

  'lists.find': { summary: 'A page of lists', query: listQuery },
  'lists.findOne': { summary: 'A list with its counts' },
  'lists.create': { summary: 'Make a list', body: contract.listInputSchema, status: 201 },
  'lists.update': { summary: 'Change a list', body: contract.listInputSchema.partial() },
  'lists.delete': { summary: 'Delete a list that nothing uses', status: 204 },

  'segments.find': { summary: 'A page of segments', query: contract.segmentQuerySchema },
  'segments.fields': { summary: 'What rules can ask' },
  'segments.links': { summary: 'Links that rules can ask about', query: contract.segmentLinksQuerySchema },
  'segments.findOne': { summary: 'A segment with its rules' },
  'segments.countOne': { summary: 'How many are in it now' },
  'segments.count': { summary: 'How many rules would find', body: contract.segmentCountSchema },
  'segments.create': { summary: 'Make a segment', body: contract.segmentInputSchema, status: 201 },
  'segments.update': { summary: 'Change a segment', body: contract.segmentInputSchema.partial() },
  'segments.delete': { summary: 'Delete a segment that nothing uses', status: 204 },

  'templates.find': { summary: 'A page of templates', query: templateQuery },
  'templates.create': { summary: 'Make a template', body: contract.templateInputSchema, status: 201 },
  'templates.preview': { summary: 'A template with sample content', body: templatePreview },
  'templates.findOne': { summary: 'A template' },
  'templates.update': { summary: 'Change a template', body: contract.templateInputSchema.partial() },
  'templates.delete': { summary: 'Delete a template that nothing uses', status: 204 },

  'rules.find': { summary: 'A page of publish rules', query: contract.ruleQuerySchema },
  'rules.create': { summary: 'Make a rule', body: contract.ruleInputSchema, status: 201 },
  'rules.contentTypes': { summary: 'Content types that rules can be for' },
  'rules.previewUnsaved': {
    summary: 'The mail that a rule which is not saved would make',
    body: contract.ruleDraftPreviewSchema,
  },
  'rules.preview': { summary: 'The mail that a rule would make', body: contract.rulePreviewSchema },
  'rules.activity': { summary: 'What rules did', query: contract.activityQuerySchema },
  'rules.release': { summary: 'Let a rule do what it was kept from' },
  'rules.dismiss': { summary: 'Drop what a rule was kept from' },
  'rules.entryStatuses': { summary: 'Newsletters of some entries', body: contract.entryStatusSchema },
  'rules.entryNewsletters': { summary: 'Newsletters of an entry' },
  'rules.entryDraft': {
    summary: 'Make a draft of an entry',
    body: contract.entryDraftSchema,
    status: 201,
  },
  'rules.findOne': { summary: 'A rule' },
  'rules.update': { summary: 'Change a rule', body: contract.ruleInputSchema },
  'rules.delete': { summary: 'Delete a rule', status: 204 },

  'settings.read': { summary: 'What editors configure' },
  'settings.senders': { summary: 'What a campaign can choose from' },
  'settings.save': { summary: 'Replace the settings', body: contract.settingsSchema },
  'settings.delivery': { summary: 'What the configuration says of delivery, without secrets' },
  'settings.test': { summary: 'Send a mail through a transport', body: contract.transportTestSchema },

  'suppressions.find': { summary: 'A page of suppressions', query: contract.suppressionQuerySchema },
  'suppressions.counts': { summary: 'How many there are, by reason' },
  'suppressions.export': { summary: 'Suppressions as CSV', query: suppressionExport, answer: csv },
  'suppressions.create': { summary: 'Suppress addresses', body: contract.suppressionAddSchema, status: 201 },
  'suppressions.lift': { summary: 'Lift suppressions', body: contract.suppressionLiftSchema },
  'suppressions.import': { summary: 'Suppress the addresses of a CSV file', file: true },
  'suppressions.findOne': { summary: 'A suppression with its evidence' },

  'deliverability.rates': {
    summary: 'Bounce and complaint rates over time',
    query: contract.deliverabilityQuerySchema,
  },
  'deliverability.sources': { summary: 'State of listener, mailboxes and webhooks' },
  'deliverability.counts': { summary: 'How much waits for a person' },
  'deliverability.feedback': { summary: 'A page of what came back', query: contract.feedbackQuerySchema },
  'deliverability.findOne': { summary: 'One thing that came back, with its evidence' },
  'deliverability.release': {
    summary: 'Let held feedback have its effect',
    body: contract.feedbackDecisionSchema,
  },
  'deliverability.discard': { summary: 'Discard feedback', body: contract.feedbackDecisionSchema },
};
