/** Services by name, as `strapi.plugin('newsletter').service(name)` gives them. */
export const services = {};
