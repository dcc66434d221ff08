export const PLUGIN_ID = 'newsletter';

/** Where the pages live in the panel's router (without the panel's own base path). */
export const BASE_PATH = `/plugins/${PLUGIN_ID}`;
