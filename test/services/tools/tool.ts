import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceGuide } from '../../../processors/sources/source.ts'

/** A real monitoring program that watches one thing, and what we must make of it. */
export interface Tool {
  /** What it is called where its source is not name enough. */
  readonly name?: string
  /** The source whose guide it is set up by. */
  readonly source: string
  /** What the incident must show while the thing is gone. */
  readonly expected: { readonly asset: string; readonly signature: string; readonly severity: string }
  start(place: Place): Promise<{ stop(): Promise<void> }>
}

/** Where a tool runs, what it watches, and where it sends. */
export interface Place {
  readonly folder: string
  readonly marker: Marker
  readonly url: string
  readonly key: string
}

/** The file a tool watches: that it is there is good. */
export class Marker {
  readonly path: string
  /** A check in the manner of the monitoring plugins: exit code 0 or 2 and a line of text. */
  readonly check: string

  constructor(folder: string) {
    this.path = join(folder, 'there')
    this.check = join(folder, 'check')
    writeFileSync(this.check, `#!/bin/sh\nif test -e '${this.path}'; then echo 'OK - it is there'; else echo 'CRITICAL - it is gone'; exit 2; fi\n`)
    chmodSync(this.check, 0o755)
    this.put()
  }

  put(): void {
    if (!existsSync(this.path)) writeFileSync(this.path, '')
  }

  take(): void {
    rmSync(this.path, { force: true })
  }
}

/** What the guide says to paste, for this address and key. */
export function pasted(guide: SourceGuide, { url, key }: Place, ownUrl = url): string {
  if (guide.template === null) throw new Error(`the guide of ${guide.name} has nothing to paste`)
  return guide.template.replaceAll('{url}', ownUrl).replaceAll('{key}', key)
}
