/**
 * A client of the demo's Strapi: only HTTP, as anybody's program would use it.
 * @param {string} url
 * @param {string} token of an admin
 */
export function createClient(url, token) {
  /**
   * @param {string} method
   * @param {string} route below the plugin's admin prefix, e.g. `/campaigns`
   * @param {unknown} [body]
   * @returns {Promise<any>} the JSON answer
   * @throws Error with the server's sentence
   */
  async function admin(method, route, body) {
    const response = await fetch(`${url}/newsletter${route}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /newsletter${route} → ${response.status}: ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /**
   * Sends a file to a route that takes one, as the panel does.
   * @param {string} route
   * @param {string} name
   * @param {string} text
   * @returns {Promise<any>} the JSON answer
   */
  async function upload(route, name, text) {
    const form = new FormData();
    form.append('file', new Blob([text]), name);
    const response = await fetch(`${url}/newsletter${route}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: form,
    });
    if (!response.ok)
      throw new Error(`POST /newsletter${route} → ${response.status}: ${await response.text()}`);
    return response.json();
  }

  /**
   * Publishes an article through Strapi's content manager, as an editor does.
   * @param {{title: string, summary: string, body?: unknown[]}} article
   */
  async function publish(article) {
    const paragraph = { type: 'paragraph', children: [{ type: 'text', text: article.summary }] };
    const response = await fetch(
      `${url}/content-manager/collection-types/api::article.article/actions/publish`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ body: [paragraph], ...article }),
      },
    );
    if (!response.ok) throw new Error(`publishing an article: ${response.status} ${await response.text()}`);
  }

  return {
    admin,
    upload,
    publish,
    /**
     * A public route, as a recipient's browser or mail program calls it.
     * @param {string} method
     * @param {string} address absolute
     * @param {{form?: Record<string, string>, json?: unknown}} [body]
     */
    visit(method, address, { form, json } = {}) {
      return fetch(address, {
        method,
        redirect: 'manual',
        ...(form ? { body: new URLSearchParams(form) } : {}),
        ...(json ? { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } } : {}),
      });
    },
  };
}

/**
 * Waits until `look` gives something.
 * @template T
 * @param {string} what for the error
 * @param {() => Promise<T | null | undefined | false>} look
 * @param {number} [timeout] milliseconds
 * @returns {Promise<T>}
 */
export async function eventually(what, look, timeout = 60_000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeout / 1000} s in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
