/** Writes `docs/errors.md` from the table of error codes: `npm run gen`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES } from './errors.ts'

const rows = Object.entries(ERROR_CODES).map(([code, { retry, doc }]) => `| \`${code}\` | ${retry} | ${doc} |`)
const page = `# Error codes

Every error answers \`{"code","message"}\`; the message says how to mend it. \`never\`: the same call fails again. \`backoff\`: try later.
\`after\`: try after the stated delay. \`poison\`: the record is bad and was set aside.

| code | retry | meaning |
| --- | --- | --- |
${rows.join('\n')}
`
writeFileSync(join(import.meta.dirname, '../docs/errors.md'), page)
