/**
 * Source of the worker thread that runs PGlite. A text and not a module: the plugin is built into one file, and a
 * thread needs a file of its own or a text. It uses nothing but Node and the PGlite whose path it is given.
 *
 * Why a thread: PGlite resolves its promises in microtasks, so that busy use starves the timers of its event loop, and
 * its first start blocks it for seconds.
 */
export const PGLITE_THREAD = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { PGlite } = require(workerData.pglite);

let db;
const fields = ['message', 'code', 'detail', 'hint', 'severity', 'constraint', 'table', 'where'];
const plain = (error) => Object.fromEntries(fields.map((name) => [name, error && error[name]]));

const calls = {
  async open() {
    db = await PGlite.create(workerData.folder);
    db.onNotification((channel, payload) => parentPort.postMessage({ channel, payload }));
  },
  async query({ text, params }) {
    // Several statements in one text (migrations) need the simple protocol.
    const result = params && params.length > 0 ? await db.query(text, params) : (await db.exec(text)).at(-1);
    return { rows: result ? result.rows : [], rowCount: result ? result.affectedRows || result.rows.length : 0 };
  },
  async close() {
    if (db) await db.close();
  },
};

let last = Promise.resolve();
parentPort.on('message', ({ id, call, value }) => {
  last = last.then(() => calls[call](value)).then(
    (result) => parentPort.postMessage({ id, result }),
    (error) => parentPort.postMessage({ id, error: plain(error) }),
  );
});
`;
