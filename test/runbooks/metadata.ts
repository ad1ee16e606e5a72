/** The metadata service of a cloud in a throw-away root, at its real address. */
import { readFileSync } from 'node:fs'
import type { RootOptions, ThrowawayRoot } from '../harness/throwaway-root.ts'

/** Options of a root that has the address and the service's answers by name; `startMetadata` starts it. */
export function withMetadata(answers: Readonly<Record<string, string>>, { files = {}, setup = '' }: RootOptions = {}): RootOptions {
  return {
    files: { '/srv/calls': '', '/srv/metadata.pl': readFileSync(new URL('stand-ins/metadata.pl', import.meta.url), 'utf8'), ...Object.fromEntries(Object.entries(answers).map(([name, text]) => [`/srv/metadata/${name}`, text])), ...files },
    setup: `ip addr add 169.254.169.254/32 dev lo\n${setup}`,
  }
}

/** Starts the service and waits until it listens. */
export async function startMetadata(root: ThrowawayRoot): Promise<void> {
  await root.start('exec perl /srv/metadata.pl')
  await listening(root, '169.254.169.254:80')
}

/** Waits until somebody listens at an address. */
export async function listening(root: ThrowawayRoot, address: string): Promise<void> {
  await root.sh(`for n in $(seq 600); do if ss -Hltn | grep -qF "${address} "; then exit 0; fi; perl -e "select undef,undef,undef,0.05"; done; exit 1`)
}
