import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureJava, ensureMaven, type Report } from './packages.ts'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, type Service, type ServiceOptions } from './service.ts'

const HEAP_MB = 384
const READY_WITHIN_MS = 90_000

/** Where the API that Confluent's clients speak begins. */
export const COMPATIBLE_API = '/apis/ccompat/v7'

/** Makes sure that the registry and a Java are there. */
export async function install(report?: Report): Promise<{ java: string; folder: string }> {
  return { folder: await ensureMaven('registry', join(import.meta.dirname, 'registry', 'pom.xml'), report), java: await ensureJava(report) }
}

/** Starts an Apicurio registry that keeps its schemas in a file; `url` is where its Confluent-compatible API begins. */
export async function start(options: ServiceOptions & { readonly report?: Report } = {}): Promise<Service> {
  const { java, folder } = await install(options.report)
  const runner = readdirSync(folder).find((name) => name.endsWith('-runner.jar'))
  if (runner === undefined) throw new Error(`${folder} holds no program of the registry: remove the folder and install again.`)
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('registry', options.dataDir)
  const url = `http://127.0.0.1:${port}${COMPATIBLE_API}`
  // Without a write delay of 0 the last half second of schemas is gone after a kill, and their ids would be given again.
  const storageUrl = `jdbc:h2:file:${join(dataDir, 'schemas')};WRITE_DELAY=0`
  const registry = program({
    name: 'the schema registry',
    command: java,
    args: [`-Xmx${HEAP_MB}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`, '-Dquarkus.banner.enabled=false',
      '-Dapicurio.storage.kind=sql', '-Dapicurio.storage.sql.kind=h2', `-Dapicurio.datasource.url=${storageUrl}`, '-jar', join(folder, runner)],
    logFile: join(dataDir, 'registry.log'),
    readyWithinMs: READY_WITHIN_MS,
    probe: async () => (await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2_000) })).ok,
  })
  return serve(registry, { url, port, dataDir }, remove)
}
