import type { TestProject } from 'vitest/node'
import { provide, type Addresses } from './services.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the real servers are: `inject('addresses')`. */
    addresses: Addresses
  }
}

/** Brings the servers up once for all files of the services tier and takes them down after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const provided = await provide()
  for (const [name, how] of Object.entries(provided.how)) console.log(`${name}: ${how}`)
  project.provide('addresses', provided.addresses)
  return provided.stop
}
