/** `aw up` and `aw role`: start, say where to look, stop cleanly on the first signal. */
import { startApp, type App } from '../app.ts'
import { embeddedEngines, type Config } from '../config.ts'
import { ROLE_NAMES, type RoleName } from '../app/roles/names.ts'
import { AppError } from '../schemas/errors.ts'

/** Every role in this process; the first start makes a first company and shows how to send a storm to it. */
export async function up(config: Config): Promise<void> {
  const app = await startApp(config, ROLE_NAMES)
  stopOnSignal(app)
  const first = await app.firstCompany()
  console.log(welcome(app.url, first, config.dataDir))
}

/** These roles only; several such processes share the work, so every engine must be a server. */
export async function role(config: Config, names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !ROLE_NAMES.some((known) => known === name))
  if (unknown.length > 0) throw new AppError('usage', `no role ${unknown.join(', ')}; there are ${ROLE_NAMES.join(', ')}`)
  const embedded = embeddedEngines(config)
  if (embedded.length > 0) throw new AppError('config_invalid', `a role of its own needs servers, an embedded engine belongs to one process alone: set ${embedded.join(', ')}, or run \`aw up\``)
  const app = await startApp(config, names as RoleName[])
  stopOnSignal(app)
  console.log(`${names.join(', ')}: health and metrics on ${app.url}`)
}

function stopOnSignal(app: App): void {
  let isStopping = false
  const stop = (): void => {
    if (isStopping) process.exit(1)
    isStopping = true
    app.stop().then(() => process.exit(process.exitCode ?? 0), (thrown: unknown) => {
      console.error(thrown)
      process.exit(1)
    })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  void app.failed.then((error) => {
    console.error(`aw: ${error.message}`)
    process.exitCode = 1
    stop()
  })
}

function welcome(url: string, first: { name: string; apiKey: string; hmacSecret: string } | null, dataDir: string): string {
  const lines = [`Alert Whisperer listens on ${url}`, `Admin token: in ${dataDir}/admin-token`, '']
  if (first !== null) {
    lines.push(
      `First company: ${first.name}`, `  API key      ${first.apiKey}`, `  HMAC secret  ${first.hmacSecret}`, `  webhook      ${url}/api/webhooks/alerts`,
      'The two secrets are shown this once.', '',
    )
  }
  lines.push('Send it a recorded alert storm, from a second terminal in this folder:', `  npx aw send test/samples/storm.alertmanager.jsonl --source alertmanager --company "${first?.name ?? 'First Company'}"`, '')
  return lines.join('\n')
}
