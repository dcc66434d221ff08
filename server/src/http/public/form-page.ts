import type { AttributeDeclaration, PageLanguage } from '../../../../shared/contracts';
import { attributeFields, problem } from './attribute-fields';
import { html, type Html } from './html';
import type { Page } from './layout';
import { TRAP_FIELD } from './trap';
import { WORDS, type Words } from './words';

/** What a form asks for: written into the page's address by who embeds it. */
export interface FormOffer {
  /** Slugs; with several of them people choose. Without any, the default list. */
  lists: string[];
  /** Names of public attributes. */
  attributes: string[];
  /** Whether first and last name are asked for. */
  names: boolean;
  locale: PageLanguage | null;
  /** Shown in a frame of another site. */
  frame: boolean;
}

/** What a person has entered, and what of it did not fit. */
export interface FormState {
  values: Record<string, unknown>;
  attributes: Record<string, unknown>;
  lists: string[];
  wrong: { email: boolean; lists: boolean; captcha: boolean; attributes: ReadonlySet<string> };
  /** A refusal that is about no field, in English. */
  sentence: string | null;
}

interface Facts {
  language: PageLanguage;
  lists: readonly { slug: string; name: string; description: string | null }[];
  attributes: readonly AttributeDeclaration[];
  wording: string;
  captcha: boolean;
}

/** The form to sign up: works without a script unless a captcha is asked for. */
export function formPage(offer: FormOffer, state: FormState, facts: Facts): Page {
  const { language } = facts;
  const words = WORDS[language].form;
  const { wrong, values } = state;
  const isWrong =
    wrong.email || wrong.lists || wrong.captcha || wrong.attributes.size > 0 || state.sentence !== null;
  return {
    status: isWrong ? 400 : 200,
    language,
    title: words.title,
    frame: offer.frame,
    captcha: facts.captcha,
    content: html`${isWrong &&
      html`<div class="problem" role="alert">
        <p>${wrong.captcha ? words.wrongCaptcha : words.check}</p>
        ${state.sentence !== null && html`<p lang="en">${state.sentence}</p>`}
      </div>`}
      <form method="post" action="subscribe" novalidate>
        <input type="hidden" name="offer" value="${offerQuery(offer)}" />
        <input type="hidden" name="locale" value="${language}" />
        <label class="field" for="email">${words.email}</label>
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="email"
          required
          maxlength="320"
          aria-invalid="${String(wrong.email)}"
          aria-describedby="${wrong.email ? 'email-problem' : ''}"
          value="${text(values.email)}"
        />
        ${wrong.email && problem('email', words.wrongEmail)}
        ${offer.names && nameFields(values, language, words)}
        ${attributeFields(facts.attributes, state.attributes, wrong.attributes, language)}
        ${listFields(facts.lists, state, words)}
        <div class="trap" aria-hidden="true">
          <label>${words.trap} <input name="${TRAP_FIELD}" tabindex="-1" autocomplete="off" /></label>
        </div>
        ${facts.captcha && captchaField(language)}
        <p class="small">${facts.wording}</p>
        <button type="submit">${words.button}</button>
      </form>`,
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function nameFields(values: Record<string, unknown>, language: PageLanguage, words: Words['form']): Html {
  const first = html`<label class="field" for="first">${words.firstName}</label>
    <input
      id="first"
      name="firstName"
      autocomplete="given-name"
      maxlength="200"
      value="${text(values.firstName)}"
    />`;
  const last = html`<label class="field" for="last">${words.lastName}</label>
    <input
      id="last"
      name="lastName"
      autocomplete="family-name"
      maxlength="200"
      value="${text(values.lastName)}"
    />`;
  return language === 'ja' ? html`${last}${first}` : html`${first}${last}`;
}

function listFields(lists: Facts['lists'], state: FormState, words: Words['form']): Html {
  if (lists.length < 2) {
    return html`${lists.map(({ slug }) => html`<input type="hidden" name="lists" value="${slug}" />`)}`;
  }
  const box = (slug: string) =>
    state.lists.includes(slug)
      ? html`<input type="checkbox" name="lists" value="${slug}" checked />`
      : html`<input type="checkbox" name="lists" value="${slug}" />`;
  return html`<fieldset aria-describedby="${state.wrong.lists ? 'lists-problem' : ''}">
    <legend>${words.lists}</legend>
    ${lists.map(
      ({ slug, name, description }) =>
        html`<label class="choice"
          >${box(slug)}<span>${name}${description && html`<small>${description}</small>`}</span></label
        >`,
    )}
    ${state.wrong.lists && problem('lists', words.wrongLists)}
  </fieldset>`;
}

function captchaField(language: PageLanguage): Html {
  const words = WORDS[language].form;
  const strings = JSON.stringify(words.captcha);
  return html`<altcha-widget challengeurl="captcha" strings="${strings}" hidelogo hidefooter></altcha-widget>
    <noscript><p class="problem">${words.needsScript}</p></noscript>`;
}

/** The offer as a query string; `parseOffer` reads it. */
export function offerQuery(offer: FormOffer): string {
  const query = new URLSearchParams();
  if (offer.lists.length > 0) query.set('lists', offer.lists.join(','));
  if (offer.attributes.length > 0) query.set('attributes', offer.attributes.join(','));
  if (offer.names) query.set('names', '1');
  if (offer.locale) query.set('locale', offer.locale);
  if (offer.frame) query.set('frame', '1');
  return query.toString();
}
