export const controllers = {};
export const policies = {};
export const routes = {
  'content-api': { type: 'content-api', routes: [] },
  admin: { type: 'admin', routes: [] },
};
