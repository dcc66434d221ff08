import type { DeliveryStatus } from './dsn';

/** What Amazon SNS sends to an address that subscribed a topic of SES: JSON, with long lines broken by "!". */
export function readSesNotification(
  text: string,
): { kind: 'bounce' | 'complaint' | 'delivered'; status: DeliveryStatus } | null {
  if (!/"notificationType|\\"notificationType/.test(text.slice(0, 4000))) return null;
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return null;
  const outer = parse(
    text
      .slice(start, end + 1)
      .replace(/!\n ?/g, '')
      .replace(/\n/g, ' '),
  );
  const message = typeof outer?.Message === 'string' ? parse(outer.Message) : outer;
  if (!message) return null;
  const { bounce, complaint, delivery } = message as Record<string, { [key: string]: unknown } | undefined>;
  const kind = bounce ? 'bounce' : complaint ? 'complaint' : delivery ? 'delivered' : null;
  if (!kind) return null;
  const list =
    bounce?.bouncedRecipients ??
    complaint?.complainedRecipients ??
    (Array.isArray(delivery?.recipients)
      ? delivery.recipients.map((emailAddress: unknown) => ({ emailAddress }))
      : []);
  const answer = string(delivery?.smtpResponse);
  const recipients = (Array.isArray(list) ? list.slice(0, 200) : []).map((row: Record<string, unknown>) => {
    const diagnostic = string(row?.diagnosticCode);
    return {
      recipient: string(row?.emailAddress) || null,
      action: kind === 'delivered' ? ('delivered' as const) : ('failed' as const),
      status: string(row?.status),
      diagnostic: (diagnostic || answer).replace(/^[\w-]{1,20};\s{0,5}/, ''),
      diagnosticType: 'smtp',
      remote: '',
    };
  });
  const reporter = string(bounce?.reportingMTA).replace(/^\w{1,10};\s{0,5}/, '') || null;
  return { kind, status: { reporter, recipients } };
}

const string = (value: unknown) => (typeof value === 'string' ? value.slice(0, 2000) : '');

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // a notification that was cut: what it says cannot be known
    return null;
  }
}
