import { expect, it } from 'vitest';
import { publicUrlProblem } from '../../../server/src/config';

it.each([
  ['http://news.example.com', /not https/],
  ['https://localhost:1337', /only this machine/],
  ['https://app.localhost', /only this machine/],
  ['http://127.0.0.1:1337', /only this machine/],
  ['https://[::1]:1337', /only this machine/],
  ['https://0.0.0.0', /only this machine/],
  ['/strapi', /not a web address/],
])('says in production why links to %s lead nowhere', (publicUrl, sentence) => {
  expect(publicUrlProblem({ publicUrl, production: true })).toMatch(sentence);
  expect(publicUrlProblem({ publicUrl, production: false })).toBeNull();
});

it.each([
  'https://news.example.com',
  'https://news.example.com/cms',
  'https://localhost.example.com',
  'https://127.example.com',
])('has nothing against %s', (publicUrl) =>
  expect(publicUrlProblem({ publicUrl, production: true })).toBeNull(),
);
