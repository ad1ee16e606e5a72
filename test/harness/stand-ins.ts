/** Programs of a throw-away root that are not the real ones: shell lines for its `setup`. */

/**
 * Puts a small program in place of one of the system, or beside those it has. Whatever it is not written for has to end in failure: `*) exit 64 ;;`. It may keep
 * state below /opt/state.
 */
export function standIn(name: string, body: string): string {
  return `
mkdir -p /opt/bin /opt/state
cat >/opt/bin/${name} <<'END-OF-STAND-IN'
#!/bin/sh
printf '%s\\n' "$*" >>/opt/state/${name}.calls
${body}
END-OF-STAND-IN
chmod 755 /opt/bin/${name}
touch /opt/state/${name}.calls
mountpoint -q /usr/local/bin || mount --bind /opt/bin /usr/local/bin
for place in /usr/sbin /usr/bin; do if [ -e "$place/${name}" ]; then mount --bind /opt/bin/${name} "$place/${name}"; fi; done
`
}

/** Takes programs away, as on a system that has them not; /usr/local/bin is empty but for stand-ins. */
export function without(...names: readonly string[]): string {
  const hide = names.map((name) => `for place in /usr/sbin /usr/bin; do if [ -e "$place/${name}" ]; then mount --bind /dev/null "$place/${name}"; fi; done`)
  return `\nmkdir -p /opt/bin\nmountpoint -q /usr/local/bin || mount --bind /opt/bin /usr/local/bin\n${hide.join('\n')}\n`
}
