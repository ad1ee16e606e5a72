import tseslint from 'typescript-eslint'

/** Rooms and what they may import beside themselves: the table of the architecture page. app/, cli/, test/, app.ts, main.ts and config.ts see everything. */
const MAY_IMPORT = {
  schemas: [],
  ingest: ['schemas'],
  processors: ['schemas'],
  correlator: ['schemas', 'processors/stage.ts'],
  remediator: ['schemas', 'processors/stage.ts'],
  connectors: ['schemas'],
  storage: ['schemas'],
  api: ['schemas'],
  dashboards: ['schemas'],
}

/** Each driver library stands in one folder only. */
const DRIVERS = {
  kafkajs: 'storage', '@kafkajs/confluent-schema-registry': 'storage', lmdb: 'storage', ioredis: 'storage', pg: 'storage', '@electric-sql/pglite': 'storage',
  '@electric-sql/pglite-socket': 'storage', '@clickhouse/client': 'storage', chdb: 'storage', avsc: 'schemas', '@jmespath-community/jmespath': 'processors', jose: ['api', 'ingest'],
  openai: 'correlator', '@anthropic-ai/sdk': 'correlator', '@aws-sdk/client-bedrock-runtime': 'correlator', '@smithy/node-http-handler': ['correlator', 'remediator'],
  '@aws-sdk/client-ssm': 'remediator', '@aws-sdk/client-sts': 'remediator', '@aws-sdk/client-s3': 'remediator', '@aws-sdk/client-cloudwatch-logs': 'remediator', '@azure/arm-compute': 'remediator', '@azure/identity': 'remediator',
  'google-auth-library': 'remediator', nodemailer: 'connectors',
}
const importRule = (folder) => {
  const mayNot = Object.keys(MAY_IMPORT).filter((room) => room !== folder && !MAY_IMPORT[folder].includes(room))
  const exceptions = MAY_IMPORT[folder].filter((path) => path.endsWith('.ts')).map((path) => `(?!${path}$)`).join('')
  return ['error', {
    paths: Object.entries(DRIVERS).filter(([, home]) => ![home].flat().includes(folder)).map(([name, home]) => ({ name, message: `${name} belongs to ${[home].flat().join('/ and ')}/ alone; use its port.` })),
    patterns: [
      { regex: `^(\\.{1,2}/)+${exceptions}(${mayNot.join('|')})/`, message: `${folder}/ may import only ${['itself', ...MAY_IMPORT[folder]].join(', ')}; siblings meet over a topic or a port.` },
      { regex: '^(\\.\\./)+((app|main|config)\\.ts$|app/)', message: 'Only the composition root imports itself.' },
    ],
  }]
}

export default tseslint.config(
  { ignores: ['node_modules', '.data', '.services', 'coverage', 'dashboards/console/**/*.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true, allowEmptyReject: false }],
      '@typescript-eslint/unbound-method': ['error', { ignoreStatic: true }],
      'no-restricted-syntax': ['error',
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Take a Clock (schemas/clock.ts).' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take a Clock (schemas/clock.ts).' },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Nothing here may be random but ids at the edge (node:crypto).' },
        { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  ...Object.keys(MAY_IMPORT).map((folder) => ({ files: [`${folder}/**/*.ts`], ignores: ['**/*.test.ts'], rules: { 'no-restricted-imports': importRule(folder) } })),
  { files: ['config.ts', 'schemas/clock.ts', '**/*.test.ts', 'test/**/*.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-unsafe-member-access': 'off', '@typescript-eslint/no-unsafe-argument': 'off', '@typescript-eslint/no-unsafe-return': 'off', '@typescript-eslint/no-unsafe-call': 'off', '@typescript-eslint/no-invalid-void-type': 'off', '@typescript-eslint/unbound-method': 'off', '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
)
