/**
 * A throw-away root for scripts that are run for real: namespaces of its own for mounts, processes, network, host name and users, the system's programs bind-mounted
 * read-only, and /etc, /var, /tmp, /home, /run, /root, /srv, /opt of its own. The namespace of users keeps the machine safe even from root in it: no clock, no swap, no module of
 * the host can be touched, and /proc/sys and /sys are read-only. Runs as root and, where the kernel lets people make namespaces, as anybody.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { composeScript, type InputValues } from '../../remediator/library/envelope.ts'
import { readResult, type ReadResult } from '../../remediator/library/result.ts'

/** A file that is there before anything runs. `ageDays`: how long ago it was written and read. */
export interface RootFile {
  readonly text: string
  readonly mode?: number
  readonly ageDays?: number
}

/** How a script or command in the root ended. */
export interface RootRun extends ReadResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A root. All paths are those inside. */
export interface ThrowawayRoot {
  /** Runs a composed script, as the agent of a cloud does: as a file, with nothing of our environment. */
  run(script: string): Promise<RootRun>
  /** Composes and runs a runbook's script with a token of its own. */
  script(text: string, inputs?: InputValues): Promise<RootRun>
  /** Runs shell lines in the root, for preparing and looking. Rejects when they fail. */
  sh(lines: string): Promise<string>
  /** Starts a program that stays until the root ends. */
  start(lines: string): Promise<void>
  /** Text of a file in the root. Does not see what was mounted inside; `sh` does. */
  read(path: string): Promise<string>
  /** Where a path lies on the machine. */
  hostPath(path: string): string
  /** Ends all that runs in it and removes it. */
  stop(): Promise<void>
}

/** What a root begins with. `setup` are shell lines run in it first. */
export interface RootOptions {
  readonly files?: Readonly<Record<string, string | RootFile>>
  readonly setup?: string
  /** `date +%s` in there is so many days ahead. When a file was last changed in any way (its ctime) cannot be set, so what is to be old for that is made before its time. */
  readonly laterDays?: number
}

/** Registers what is done after a test: the test context of vitest fits. */
export interface Finishing {
  onTestFinished(action: () => Promise<void>): void
}

const OWN = ['etc', 'var/log', 'var/tmp', 'var/lib', 'var/cache', 'var/run', 'tmp', 'home', 'run', 'root', 'srv', 'opt', 'mnt', 'dev', 'proc', 'sys', 'usr', '.commands']
const LINKS = ['bin', 'sbin', 'lib', 'lib32', 'lib64']
const ETC: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
  hostname: 'throwaway\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Throw-away root"\n',
}
/** What is mounted: $1 is the root. Programs such as awk are links through /etc/alternatives. Whatever reaches the kernel of the machine is read-only or away. */
const HOLDER = `
set -e
mount --rbind /usr "$1/usr"
mount -o remount,bind,ro "$1/usr"
mkdir -p "$1/etc/alternatives"
mount --bind /etc/alternatives "$1/etc/alternatives"
for name in bin sbin lib lib32 lib64; do
  if [ -d "/$name" ] && [ ! -L "/$name" ]; then mkdir -p "$1/$name"; mount --rbind "/$name" "$1/$name"; mount -o remount,bind,ro "$1/$name"; fi
done
mount -t proc proc "$1/proc"
for name in bus fs irq sys; do
  if [ -d "$1/proc/$name" ]; then mount --bind "$1/proc/$name" "$1/proc/$name"; mount -o remount,bind,ro "$1/proc/$name"; fi
done
if [ -e "$1/proc/sysrq-trigger" ]; then mount --bind /dev/null "$1/proc/sysrq-trigger"; fi
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$1/sys" 2>/dev/null || true
mount -t tmpfs -o size=16m,mode=755 tmpfs "$1/dev"
mkdir "$1/dev/shm" "$1/dev/pts"
for name in null zero full random urandom tty; do : >"$1/dev/$name"; mount --bind "/dev/$name" "$1/dev/$name"; done
ln -s /proc/self/fd "$1/dev/fd"
hostname throwaway
ip link set lo up 2>/dev/null || true
exec 3<&0
echo ready
cat <&3 >/dev/null & wait $!
`

const LATER = `
cp /usr/bin/date /opt/date
cat >/opt/later <<'END'
#!/bin/sh
if [ "$*" = +%s ]; then echo "$(($(/opt/date +%s) + SECONDS))"; else exec /opt/date "$@"; fi
END
chmod 755 /opt/later
mount --bind /opt/later /usr/bin/date
`

/** Makes a root. With a test's context it is ended with the test; else call `stop`. Rejects and says what is missing where the kernel does not allow it. */
export async function throwawayRoot(test: Finishing | undefined, options: RootOptions = {}): Promise<ThrowawayRoot> {
  const root = await mkdtemp(join(tmpdir(), 'aw-root-'))
  await skeleton(root)
  for (const [path, file] of Object.entries(options.files ?? {})) await place(root, path, typeof file === 'string' ? { text: file } : file)
  const holder = await hold(root)
  const stop = async () => {
    await ended(holder.child)
    await rm(root, { recursive: true, force: true })
  }
  test?.onTestFinished(stop)
  const enter = ['--target', holder.pid, '--user', '--preserve-credentials', '--mount', '--pid', '--net', '--uts', '--ipc', 'chroot', root, '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'sh']
  const execute = async (text: string) => {
    const name = `${randomUUID()}.sh`
    await writeFile(join(root, '.commands', name), text, { mode: 0o700 })
    return new Promise<RootRun>((resolve, reject) => {
      execFile('nsenter', [...enter, `/.commands/${name}`], { timeout: 240_000, maxBuffer: 32 * 1024 * 1024 }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.code
        if (typeof exitCode !== 'number') return reject(new Error(`entering the throw-away root: ${error?.message ?? ''}`))
        resolve({ exitCode, stdout, stderr, ...readResult(stdout, exitCode) })
      })
    })
  }
  const sh = async (lines: string) => {
    const { exitCode, stdout, stderr } = await execute(`set -eu\n${lines}\n`)
    if (exitCode !== 0) throw new Error(`shell lines in the throw-away root ended with ${exitCode}: ${stderr}${stdout}`)
    return stdout
  }
  if (options.laterDays !== undefined) await sh(LATER.replace('SECONDS', String(options.laterDays * 86_400)))
  if (options.setup !== undefined) await sh(options.setup)
  return {
    run: execute,
    script: (text, inputs = {}) => execute(composeScript('linux', text, inputs, randomUUID())),
    sh,
    start: async (lines) => {
      await sh(`setsid sh -c '${lines.replaceAll("'", "'\\''")}' </dev/null >/dev/null 2>&1 &`)
    },
    read: (path) => readFile(join(root, path), 'utf8'),
    hostPath: (path) => join(root, path),
    stop,
  }
}

async function skeleton(root: string): Promise<void> {
  await chmod(root, 0o755)
  for (const name of OWN) await mkdir(join(root, name), { recursive: true })
  for (const name of ['tmp', 'var/tmp']) await chmod(join(root, name), 0o1777)
  for (const name of LINKS) {
    const target = await readlink(`/${name}`).catch((thrown: unknown) => {
      // A directory of its own, or not there.
      if (['EINVAL', 'ENOENT'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return null
      throw thrown
    })
    if (target !== null) await symlink(target, join(root, name))
  }
  for (const [name, text] of Object.entries(ETC)) await writeFile(join(root, 'etc', name), text)
}

async function place(root: string, path: string, { text, mode, ageDays }: RootFile): Promise<void> {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  if (mode !== undefined) await chmod(file, mode)
  if (ageDays === undefined) return
  const then = new Date(Date.now() - ageDays * 86_400_000)
  await utimes(file, then, then)
}

/** Starts the process that keeps the namespaces: number 1 in them, so all that runs in them ends with it, and it ends with us, because it reads from us. */
async function hold(root: string): Promise<{ child: ChildProcessWithoutNullStreams; pid: string }> {
  const inner = 'echo made && read -r _ && exec unshare --mount --pid --net --uts --ipc --fork --kill-child --propagation private sh -c "$0" holder "$1"'
  const child = spawn('unshare', ['--user', 'sh', '-c', inner, HOLDER, root], { stdio: ['pipe', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const expected = async (word: string, what: string) => {
    const line = await lines.next()
    if (line.done !== true && line.value === word) return
    await ended(child)
    await rm(root, { recursive: true, force: true })
    throw new Error(`a throw-away root cannot be made: ${what}. It needs unshare, nsenter (Debian package util-linux) and a kernel that lets ${process.getuid?.() === 0 ? 'root' : 'this user'} make namespaces of users and mounts (sysctl user.max_user_namespaces above 0, kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a container: --security-opt seccomp=unconfined, --cap-add SYS_ADMIN). ${stderr.trim()}`)
  }
  child.on('error', () => undefined)
  await expected('made', 'a namespace of users was refused')
  await mapUsers(child.pid ?? 0)
  child.stdin.write('go\n')
  await expected('ready', 'mounting in it was refused')
  const children = await readFile(`/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`, 'utf8')
  const [pid] = children.trim().split(' ')
  if (pid === undefined || pid === '') throw new Error('the first process of the throw-away root was not found')
  return { child, pid }
}

/** Root maps everybody, so that files can belong to others; anybody else is root in there and nobody more. */
async function mapUsers(pid: number): Promise<void> {
  const isRoot = process.getuid?.() === 0
  if (!isRoot) await writeFile(`/proc/${pid}/setgroups`, 'deny')
  await writeFile(`/proc/${pid}/uid_map`, isRoot ? '0 0 65536' : `0 ${process.getuid?.() ?? 0} 1`)
  await writeFile(`/proc/${pid}/gid_map`, isRoot ? '0 0 65536' : `0 ${process.getgid?.() ?? 0} 1`)
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('close', resolve))
  child.stdin.end()
  child.kill('SIGKILL')
  await gone
}
