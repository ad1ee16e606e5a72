/** Slack's incoming webhooks and Teams' workflows over HTTP: the secret is in the address, bodies are judged by ../shared/specs where it is there, and posts are kept by room. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Ajv } from 'ajv'

const SPECS = join(import.meta.dirname, '../../../shared/specs')
const SLACK_SPEC = join(SPECS, 'slack/incoming-webhook.openapi.json')
const TEAMS_SPEC = join(SPECS, 'microsoft-teams/openapi.json')

/** Whether posts are judged by the vendors' descriptions. */
export const HAS_CHAT_SPECS = existsSync(SLACK_SPEC) && existsSync(TEAMS_SPEC)

interface Spec { paths: Record<string, { post: { requestBody: { content: { 'application/json': { schema: object } } } } }>; components: object }

/** What the next post is answered with, in place of success. */
export interface ChatTrouble {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Takes the post and never answers. */
  readonly isSilent?: boolean
}

/** A running fake. */
export interface ChatFake {
  readonly slackUrl: string
  readonly teamsUrl: string
  readonly slackPosts: Record<string, unknown>[]
  readonly teamsPosts: Record<string, unknown>[]
  /** Answers to come, first in, first out. */
  readonly troubles: ChatTrouble[]
  /** Posts that no vendor would have understood. */
  readonly faults: string[]
  close(): Promise<void>
}

function judge(path: string): (body: unknown) => string | null {
  if (!existsSync(path)) return () => null
  const spec = JSON.parse(readFileSync(path, 'utf8')) as Spec
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false })
  ajv.addSchema(spec, 'spec')
  const at = Object.keys(spec.paths)[0]!.replaceAll('~', '~0').replaceAll('/', '~1')
  const validate = ajv.compile({ $ref: `spec#/paths/${encodeURIComponent(at)}/post/requestBody/content/application~1json/schema` })
  return (body) => (validate(body) ? null : ajv.errorsText(validate.errors))
}

/** Starts it on a free port. */
export async function startChatFake(): Promise<ChatFake> {
  const judges = { slack: judge(SLACK_SPEC), teams: judge(TEAMS_SPEC) }
  const fake = { slackPosts: [] as Record<string, unknown>[], teamsPosts: [] as Record<string, unknown>[], troubles: [] as ChatTrouble[], faults: [] as string[] }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://fake')
      const kind = url.pathname === '/services/T0/B0/slack-secret' ? 'slack' : url.pathname === '/workflows/w1/triggers/manual/paths/invoke' && url.searchParams.get('sig') === 'teams-secret' ? 'teams' : null
      if (kind === null) return void response.writeHead(404).end('no_service')
      const trouble = fake.troubles.shift()
      if (trouble?.isSilent === true) return
      if (trouble !== undefined) return void response.writeHead(trouble.status, trouble.headers).end(trouble.body ?? '')
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
      const fault = request.headers['content-type'] === 'application/json' ? judges[kind](body) : 'no JSON'
      if (fault !== null) {
        fake.faults.push(`${kind}: ${fault}`)
        return void response.writeHead(400).end('invalid_payload')
      }
      fake[kind === 'slack' ? 'slackPosts' : 'teamsPosts'].push(body)
      if (kind === 'slack') response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
      else response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...fake, slackUrl: `${base}/services/T0/B0/slack-secret`, teamsUrl: `${base}/workflows/w1/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=teams-secret`,
    close: () => new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    }),
  }
}
