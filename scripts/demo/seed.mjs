import { ATTRIBUTES, importPeople } from './import.mjs';
import { inventPeople } from './people.mjs';

/**
 * Fills an empty demo through the admin API: settings, lists, and people from a CSV file.
 * @param {ReturnType<typeof import('./client.mjs').createClient>} client
 * @param {{people: number}} options
 * @returns {Promise<{lists: Record<'news' | 'product', any>, sender: string,
 *   imported: Awaited<ReturnType<typeof importPeople>>}>}
 */
export async function seed(client, { people }) {
  const settings = await client.admin('GET', '/settings');
  await client.admin('PUT', '/settings', {
    ...settings,
    attributes: ATTRIBUTES,
    senders: [
      {
        id: 'editors',
        name: 'Harbour Weekly',
        email: 'editors@news.example.com',
        replyTo: null,
      },
    ],
    brand: {
      name: 'Harbour Weekly',
      postalAddress: 'Harbour Weekly Ltd, 12 Quay Street, Bristol BS1 4XY, United Kingdom',
      contact: 'help@news.example.com',
      logoUrl: '',
      color: '#0c5c7d',
    },
  });
  const lists = {
    news: await client.admin('POST', '/lists', {
      name: 'Weekly letter',
      slug: 'weekly',
      public: true,
      optIn: 'double',
      isDefault: true,
    }),
    product: await client.admin('POST', '/lists', {
      name: 'Product news',
      slug: 'product',
      public: true,
      optIn: 'double',
    }),
    staff: await client.admin('POST', '/lists', {
      name: 'Staff',
      slug: 'staff',
      public: false,
      optIn: 'single',
    }),
  };
  return { lists, sender: 'editors', imported: await importPeople(client, readers(people)) };
}

/**
 * Everybody gets the weekly letter, every third person the product news too.
 * @param {number} count
 */
function* readers(count) {
  let made = 0;
  for (const person of inventPeople(count)) {
    yield { ...person, lists: ['weekly', ...(made++ % 3 === 0 ? ['product'] : [])] };
  }
}

/**
 * Paying readers, whoever bought something included.
 * @param {ReturnType<typeof import('./client.mjs').createClient>} client
 * @returns {Promise<any>} the segment
 */
export async function createSegment(client) {
  return client.admin('POST', '/segments', {
    name: 'Paying readers',
    description: 'On a paid plan, or bought something',
    rules: {
      combinator: 'or',
      rules: [
        { field: 'attribute', type: 'string', name: 'plan', operator: 'oneOf', value: ['pro', 'business'] },
        { field: 'attribute', type: 'number', name: 'purchases', operator: 'greaterOrEqual', value: 1 },
      ],
    },
  });
}

/**
 * Articles go out by themselves when they are published, to some.
 * @param {ReturnType<typeof import('./client.mjs').createClient>} client
 * @param {{sender: string}} seeded
 * @param {{documentId: string}} segment
 * @returns {Promise<any>} the rule
 */
export async function createRule(client, seeded, segment) {
  return client.admin('POST', '/rules', {
    name: 'New articles to paying readers',
    contentType: 'api::article.article',
    mapping: {
      subject: '{{entry.title}}',
      preheader: '{{entry.summary}}',
      body: [{ field: 'body', as: 'auto' }],
    },
    sender: seeded.sender,
    audience: { include: { segments: [segment.documentId] } },
    action: 'send',
  });
}

/** The letter that the demo's first campaign holds: variables, a condition, links, two languages. */
export const LETTER = {
  en: {
    subject: '{{default firstName "Hello"}}, the harbour wakes up',
    preheader: 'Three stories, one recipe, and the tide table',
    body: `<h1>Good morning{{#if firstName}}, {{firstName}}{{/if}}</h1>
<p>The first boats of the season are back, and with them the market on Quay Street. Here is what we read, cooked and
found this week.</p>
<h2><a href="https://www.example.com/stories/market">The market returns</a></h2>
<p>Forty stalls, a new ferry stop, and the best coffee on the water.</p>
<h2><a href="https://www.example.com/stories/lighthouse">A night in the lighthouse</a></h2>
<p>Our reporter stayed up so that you can sleep.</p>
{{#if (eq attributes.plan "business")}}<p><a href="https://www.example.com/business">Your team’s digest is ready.</a></p>{{/if}}
<p><a class="button" href="https://www.example.com/read">Read all stories</a></p>`,
  },
  ja: {
    subject: '{{#if lastName}}{{lastName}}様、{{/if}}港の朝便り',
    preheader: '今週の三つの話題とレシピ、潮見表をお届けします',
    body: `<h1>{{#if lastName}}{{lastName}}様、{{/if}}おはようございます</h1>
<p>今季最初の船が港に戻り、波止場通りの市場も再開しました。今週のおすすめをお届けします。</p>
<h2><a href="https://www.example.com/ja/stories/market">市場が帰ってきました</a></h2>
<p>四十の屋台と新しいフェリー乗り場、そして水辺でいちばんのコーヒー。</p>
<p><a class="button" href="https://www.example.com/ja/read">すべての記事を読む</a></p>`,
  },
};

/**
 * @param {ReturnType<typeof import('./client.mjs').createClient>} client
 * @param {{lists: Record<'news', {documentId: string}>, sender: string}} seeded
 * @param {string} name
 * @returns {Promise<any>} the campaign
 */
export async function createLetter(client, seeded, name) {
  return client.admin('POST', '/campaigns', {
    name,
    sender: seeded.sender,
    defaultLanguage: 'en',
    audience: { include: { lists: [seeded.lists.news.documentId] }, exclude: { lists: [] } },
    contents: [
      { variant: 'a', language: 'en', ...LETTER.en },
      { variant: 'a', language: 'ja', ...LETTER.ja },
    ],
  });
}

/** @type {[string, string][]} */
const ARTICLES = [
  ['The market returns', 'Forty stalls, a new ferry stop, and the best coffee on the water.'],
  ['A night in the lighthouse', 'Our reporter stayed up so that you can sleep.'],
  ['潮の満ち引きと暮らす', '波止場通りの人びとに、海とともに生きる一日を聞きました。'],
];

/**
 * @param {ReturnType<typeof import('./client.mjs').createClient>} client
 */
export async function seedArticles(client) {
  for (const [title, summary] of ARTICLES) await client.publish({ title, summary });
}
