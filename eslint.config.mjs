import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** The rooms along the way of the data: one imports only from those before it, and only through their door. */
const ROOMS = [
  'config',
  'content-types',
  'storage',
  'settings',
  'tokens',
  'audience',
  'compose',
  'campaign',
  'reasons',
  'delivery',
  'feedback',
  'insight',
  'http',
];

/** @param {string} room */
function roomRules(room) {
  const index = ROOMS.indexOf(room);
  const later = ROOMS.slice(index + 1);
  const others = ROOMS.filter((name) => name !== room);
  return {
    files: [`server/src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${[...later, 'admin/src'].join('|')})(/|$)`,
              message: `${room} must not know this room: a room knows only those before it`,
            },
            {
              regex: `^(\\.\\./)+(${others.join('|')})/(?!index$)`,
              message: 'import a room through its door, index.ts',
            },
            ...(room === 'http' || room === 'content-types'
              ? []
              : [
                  {
                    regex:
                      '^(@strapi/|(\\.\\./)+(app|register|bootstrap|destroy|services|documents|permissions)$)',
                    message: 'rooms take knex, a configuration and a logger; http/ adapts them to Strapi',
                  },
                ]),
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'playground/types/**',
      'playground/.strapi/**',
      'tests/.run/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    ignores: ['playground/**'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      // Rows from knex and bodies from HTTP are `any`; what leaves a room is typed, which no-explicit-any guards.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      // Handlers and interfaces of Strapi are async whether or not one implementation awaits.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false, arguments: false } },
      ],
    },
  },
  { files: ['**/*.{mjs,cjs}'], languageOptions: { globals: nodeGlobals() } },
  {
    files: ['playground/**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommended],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['admin/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      // Hooks of Strapi and RTK Query give functions in objects; none of them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^(\\.\\./)+server(/|$)', message: 'the panel talks to the server over HTTP only' },
          ],
        },
      ],
    },
  },
  ...ROOMS.map(roomRules),
);

/** Globals of Node that our scripts use. */
function nodeGlobals() {
  const names =
    'process console fetch setTimeout clearTimeout setInterval clearInterval setImmediate Buffer URL URLSearchParams ' +
    'AbortSignal AbortController SharedArrayBuffer Atomics NodeJS require module __dirname FormData Blob structuredClone TextDecoder';
  return Object.fromEntries(names.split(' ').map((name) => [name, 'readonly']));
}
