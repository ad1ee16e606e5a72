/**
 * PGlite's files with real fsync. As shipped it starts PostgreSQL with `-F`, and its file layer has no fsync to call, so nothing reaches the
 * disk before the kernel feels like it. Both are mended here from outside, and PostgreSQL then orders its own writes as it does anywhere:
 * the write-ahead log before a commit is answered, data files before the checkpoint that forgets their log.
 *
 * The loser was syncing changed files ourselves after a commit: it cannot put data files before the control file of a checkpoint, so a power loss
 * in between could leave a directory that does not start. Measured on the build machine: an fsync takes 0.1 to 0.9 ms, a durable
 * commit 0.4 to 1.3 ms instead of 0.2 to 0.8 ms, a checkpoint after 128 MB 66 ms instead of 39 ms.
 */
import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

type FsInit = NodeFS['init']

/** The shape of the emscripten file layer that is extended, checked when the engine starts so that a new release cannot drop the fsync in silence. */
interface NodeLayer {
  readonly stream_ops: { fsync?: (stream: { readonly nfd: number }) => number }
}

/** A NodeFS whose files can be fsynced. */
export class OrderedFiles extends NodeFS {
  /** How many times PostgreSQL has asked for a file to be synced, and it was. */
  syncs = 0

  override async init(pg: Parameters<FsInit>[0], options: Parameters<FsInit>[1]): ReturnType<FsInit> {
    const answer = await super.init(pg, options)
    const preRun = answer.emscriptenOpts.preRun ?? []
    answer.emscriptenOpts.preRun = [
      ...(Array.isArray(preRun) ? preRun : [preRun]),
      (module: object) => {
        nodeLayer(module).stream_ops.fsync = (stream) => {
          fsyncSync(stream.nfd)
          this.syncs += 1
          return 0
        }
      },
    ]
    return answer
  }
}

function nodeLayer(module: object): NodeLayer {
  const layer = (module as { FS?: { filesystems?: { NODEFS?: NodeLayer } } }).FS?.filesystems?.NODEFS
  if (layer?.stream_ops === undefined) throw new Error('this release of PGlite has no NODEFS.stream_ops to give an fsync to')
  return layer
}

/** Start parameters of PGlite that let PostgreSQL sync; its fdatasync is an empty function, so the log is synced by fsync. */
export const DURABLE_START_PARAMS: readonly string[] = [
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  '-c', 'fsync=on', '-c', 'wal_sync_method=fsync', '-c', 'synchronous_commit=on',
]

/** Syncs a directory and everything in it. Needed once, after initdb, which syncs nothing of what it makes. */
export function syncTree(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) syncTree(path)
    else if (entry.isFile()) syncPath(path)
  }
  syncPath(dir)
}

function syncPath(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
