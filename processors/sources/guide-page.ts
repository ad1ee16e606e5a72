import type { SourceAdapter } from './source.ts'

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
    `Make an integration for the source \`${id}\` (\`POST /api/companies/{id}/integrations\`); its answer has the address \`{url}\` and the key \`{key}\` that stand below.`,
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

/** The index of all tools by family. */
export function guideIndex(adapters: readonly SourceAdapter[]): string {
  const families = Map.groupBy(adapters, ({ guide }) => guide.family)
  const sections = [...families].sort(([a], [b]) => a.localeCompare(b)).map(([family, members]) => {
    const lines = members.toSorted((a, b) => a.guide.name.localeCompare(b.guide.name)).map(({ id, guide }) => `- [${guide.name}](${id}.md): \`${id}\``)
    return `## ${family}\n\n${lines.join('\n')}`
  })
  return `# Tools we read\n\n${adapters.length} tools have an adapter. [Any other](unknown.md) is read by a recogniser, or by a mapping of your own (\`docs/mapping.md\`).\n\n${sections.join('\n\n')}\n`
}

function fenced(text: string): string {
  const fence = text.includes('```') ? '````' : '```'
  return `${fence}\n${text}\n${fence}`
}
