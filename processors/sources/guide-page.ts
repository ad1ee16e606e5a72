import type { SourceAdapter, SourceProof } from './source.ts'

/** What a page is made of besides the adapter: its folder's README and the sample that `aw send` posts. */
export interface PageMaterial {
  /** The folder's README, its heading first. */
  readonly readme: string
  /** File name of the sample in the folder's testdata. */
  readonly sample: string
}

/** The page of one tool, in Markdown: where to click, what to paste, how it proves itself, what we read. */
export function guidePage({ id, guide }: SourceAdapter, { readme, sample }: PageMaterial): string {
  const path = `processors/sources/${id}/testdata/${sample}`
  const steps = guide.setup.map((step, index) => `${index + 1}. ${step}`)
  const body = readme.replace(/^# .*\n+/, '').trim()
  return [
    `# ${guide.name}`,
    `Source \`${id}\`, family ${guide.family}. Made from \`processors/sources/${id}\` by \`npm run gen\`; change it there.`,
    '## Set up',
    'Make an integration first. It prints the address `{url}` and the key `{key}` of the steps below, the key this once, and the steps with both filled in:',
    fenced(createCommand(id, guide.proof)),
    afterCreate(id, guide.proof),
    steps.join('\n'),
    ...(guide.template === null ? [] : ['What to paste:', fenced(guide.template)]),
    '## How it proves itself',
    guide.authentication,
    '## What we read',
    body,
    '## Try it',
    fenced(`npx aw normalise --source ${id} < ${path}\nnpx aw send ${path} --source ${id} --company "First Company"`),
    '## Where this is from',
    guide.references.map((reference) => `- ${reference}`).join('\n'),
  ].join('\n\n') + '\n'
}

/** The command that makes an integration for a tool; the company is the one of the first start, which has one named generic already. */
export function createCommand(id: string, proof: SourceProof): string {
  return `npx aw integration create --company "First Company" --source ${idInExample(id)}${id === 'generic' ? ' --name "My script"' : ''}${proof === 'none' ? ' --unsigned' : ''}`
}

/** What to add to the command, and the same through the API. */
function afterCreate(id: string, proof: SourceProof): string {
  const added = {
    none: '`--unsigned`, because it proves nothing beside the key.',
    optional: 'Add `--unsigned` where it does not sign (see below).',
    'vendor-secret': `Give the vendor secret of the steps below with \`--vendor-secret-file <file>\` (\`-\` for standard input), or once the tool shows it with\n\`npx aw integration rotate ${id} --company "First Company" --vendor-secret-file -\`. Add \`--unsigned\` where there is none.`,
  }[proof]
  const body = { source: idInExample(id), ...(proof === 'none' ? { requireHmac: false } : {}), ...(proof === 'vendor-secret' ? { vendorSecret: '…' } : {}) }
  return `${added} Or through the API: \`POST /api/companies/{id}/integrations\` \`${JSON.stringify(body)}\`.`
}

/** The recogniser's page speaks of a tool with an id of its owner's choice. */
function idInExample(id: string): string {
  return id === 'unknown' ? 'my-tool' : id
}

/** The index of all tools by family. */
export function guideIndex(adapters: readonly SourceAdapter[]): string {
  const families = Map.groupBy(adapters, ({ guide }) => guide.family)
  const sections = [...families].sort(([a], [b]) => a.localeCompare(b)).map(([family, members]) => {
    const lines = members.toSorted((a, b) => a.guide.name.localeCompare(b.guide.name)).map(({ id, guide }) => `- [${guide.name}](${id}.md): \`${id}\``)
    return `## ${family}\n\n${lines.join('\n')}`
  })
  return `# Tools we read\n\n${adapters.length} tools have an adapter. [Any other](unknown.md) is read by a recogniser, or by a mapping of your own (\`docs/mapping.md\`). \`npx aw sources\` lists them, \`npx aw sources <id>\` prints the set-up.\n\n${sections.join('\n\n')}\n`
}

function fenced(text: string): string {
  const fence = text.includes('```') ? '````' : '```'
  return `${fence}\n${text}\n${fence}`
}
