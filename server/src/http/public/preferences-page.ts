import { PAGE_LANGUAGES, type PageLanguage } from '../../../../shared/contracts';
import { pageLanguage, type Preferences } from '../../audience';
import { attributeFields } from './attribute-fields';
import { html, type Html } from './html';
import { notice, type Page } from './layout';
import { leavingFields } from './leaving-fields';
import { maskAddress } from './respond';
import { WORDS, type Words } from './words';

/** What a person has just written, when some of it did not fit; nothing of it is saved. */
export interface Entered {
  attributes: Record<string, unknown>;
  /** Names of attributes that do not fit. */
  wrong: ReadonlySet<string>;
  /** documentIds that were ticked. */
  lists?: readonly string[];
}

const chosen = (lists: Preferences['lists'], ticked: readonly string[] | undefined): Preferences['lists'] =>
  ticked === undefined
    ? lists
    : lists.map((list) => ({ ...list, subscribed: ticked.includes(list.documentId) }));

/** Lists, language and public attributes to choose, leaving altogether, export and erasure. */
export function preferencesPage(
  { person, lists, attributes, wayBack }: Preferences,
  language: PageLanguage,
  message: 'saved' | 'asked' | 'left' | null,
  entered: Entered = { attributes: person.attributes, wrong: new Set() },
): Page {
  const about =
    attributes.length > 0 &&
    html`<h2>${WORDS[language].form.about}</h2>
      ${attributeFields(attributes, entered.attributes, entered.wrong, language)}`;
  const isWrong = entered.wrong.size > 0;
  const shutOut = wayBack === 'none';
  const words = WORDS[language].preferences;
  return {
    status: isWrong ? 400 : 200,
    language,
    title: words.title,
    content: html`${message && notice(words[message])}
      ${isWrong && html`<p class="problem" role="alert">${WORDS[language].form.check}</p>`}
      <p>${words.text(maskAddress(person.email))}</p>
      ${shutOut
        ? html`<p>${WORDS[language].refused.text}</p>`
        : html`${message !== 'asked' && stopped(person, wayBack, words)}
          ${choices(chosen(lists, entered.lists), person.language, language, words, about)}`}
      ${person.status !== 'unsubscribed' &&
      !shutOut &&
      html`<section>
        <h2>${words.leave}</h2>
        <p>${words.leaveText}</p>
        <form method="post">
          <input type="hidden" name="action" value="leave" />
          <details>
            <summary>${WORDS[language].unsubscribe.tellUs}</summary>
            ${leavingFields(language)}
          </details>
          <button type="submit" class="plain">${words.leaveButton}</button>
        </form>
      </section>`}
      <section>
        <h2>${words.data}</h2>
        <p>${words.dataText}</p>
        <div class="actions">
          ${action('export', words.exportButton, 'plain')} ${action('erase', words.eraseButton, 'plain')}
        </div>
      </section>`,
  };
}

/** That nothing reaches them now, whatever is ticked, and how that ends. */
function stopped(
  { status }: Preferences['person'],
  wayBack: Preferences['wayBack'],
  words: Words['preferences'],
): Html | false {
  if (wayBack === 'confirm') return html`<p>${words.stoppedBounced}</p>`;
  return wayBack === 'save' && status === 'subscribed' && html`<p>${words.stoppedQuiet}</p>`;
}

/** Asks once more before anything is erased. */
export function erasePage(language: PageLanguage): Page {
  const words = WORDS[language].preferences;
  return {
    language,
    title: words.eraseTitle,
    content: html`<p>${words.eraseText}</p>
      <div class="actions">
        ${action('erase-confirmed', words.eraseConfirm, 'danger')} ${action('back', words.eraseBack, 'plain')}
      </div>`,
  };
}

function choices(
  lists: Preferences['lists'],
  current: string | null,
  language: PageLanguage,
  words: Words['preferences'],
  about: Html | false,
): Html {
  return html`<form method="post">
    <input type="hidden" name="action" value="save" />
    ${lists.length === 0 ? html`<p>${words.noLists}</p>` : listBoxes(lists, words.lists)}
    <label class="field" for="language">${words.language}</label>
    <select id="language" name="language">
      ${current !== null &&
      pageLanguage(current) === null &&
      html`<option value="" selected>${words.languageKept(current)}</option>`}
      ${PAGE_LANGUAGES.map((tag) => languageOption(tag, current === null ? language : pageLanguage(current)))}
    </select>
    ${about}
    <button type="submit">${words.save}</button>
  </form>`;
}

const listBoxes = (lists: Preferences['lists'], legend: string): Html =>
  html`<fieldset>
    <legend>${legend}</legend>
    ${lists.map(
      (list) =>
        html`<label class="choice">
          ${list.subscribed
            ? html`<input type="checkbox" name="lists" value="${list.documentId}" checked />`
            : html`<input type="checkbox" name="lists" value="${list.documentId}" />`}
          <span>${list.name}${list.description && html`<small>${list.description}</small>`}</span>
        </label>`,
    )}
  </fieldset>`;

const languageOption = (tag: PageLanguage, selected: PageLanguage | null): Html =>
  tag === selected
    ? html`<option value="${tag}" lang="${tag}" selected>${WORDS[tag].language}</option>`
    : html`<option value="${tag}" lang="${tag}">${WORDS[tag].language}</option>`;

const action = (name: string, label: string, kind: 'plain' | 'danger'): Html =>
  html`<form method="post">
    <input type="hidden" name="action" value="${name}" /><button type="submit" class="${kind}">
      ${label}
    </button>
  </form>`;
