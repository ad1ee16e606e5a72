/** Real database servers in a throw-away root, as shell lines for its `setup`: each with its system user and its socket where Debian has it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The line of a system user and his group as this machine's packages made them; says which package is missing. */
function users(name: string, packages: string): string {
  const line = (file: string) => readFileSync(file, 'utf8').split('\n').find((one) => one.startsWith(`${name}:`))
  const user = line('/etc/passwd')
  const group = line('/etc/group')
  if (user === undefined || group === undefined) throw new Error(`there is no user ${name}: install ${packages} (bash .ci/run packages)`)
  return `echo '${user}' >>/etc/passwd; echo '${group}' >>/etc/group
mkdir -p /etc/pam.d; printf 'auth sufficient pam_rootok.so\\naccount required pam_permit.so\\nsession required pam_permit.so\\n' >/etc/pam.d/runuser
`
}

/** PostgreSQL on port 5432 with the user postgres by peer, the superuser \`boss\`, the replication user \`copier\` and the ordinary user \`shop\` without password. */
export function postgresqlInRoot(maxConnections = 40): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)) : []
  if (versions[0] === undefined) throw new Error('there is no PostgreSQL server: install postgresql (bash .ci/run packages)')
  const bin = `/usr/lib/postgresql/${versions[0]}/bin`
  return `${users('postgres', 'postgresql')}
mkdir -p /var/run/postgresql /var/lib/postgresql /dev/shm; chown postgres:postgres /var/run/postgresql /var/lib/postgresql; chmod 1777 /dev/shm
runuser -u postgres -- ${bin}/initdb -D /var/lib/postgresql/data -U postgres --auth=peer --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
printf 'local all postgres peer\\nlocal all all trust\\n' >/var/lib/postgresql/data/pg_hba.conf
setsid runuser -u postgres -- ${bin}/postgres -D /var/lib/postgresql/data -c listen_addresses= -c unix_socket_directories=/var/run/postgresql -c max_connections=${maxConnections} -c max_wal_senders=2 -c shared_buffers=16MB -c fsync=off </dev/null >/var/log/postgres.log 2>&1 &
tries=0
until ${bin}/pg_isready -q; do tries=$((tries + 1)); [ $tries -lt 600 ] || { cat /var/log/postgres.log >&2; exit 1; }; sleep 0.1; done
runuser -u postgres -- psql -XAtq -c 'create role shop login; create role boss login superuser; create role copier login replication' -c 'create database shop owner shop'
`
}

/** MariaDB with root by his socket and the ordinary user \`shop\` with the password \`x\`. */
export function mariadbInRoot(maxConnections = 40): string {
  if (!existsSync('/usr/sbin/mariadbd')) throw new Error('there is no MariaDB server: install mariadb-server (bash .ci/run packages)')
  return `${users('mysql', 'mariadb-server')}
mkdir -p /run/mysqld /var/lib/mysql; chown mysql:mysql /run/mysqld /var/lib/mysql
mariadb-install-db --user=mysql --datadir=/var/lib/mysql --auth-root-authentication-method=socket --skip-test-db >/dev/null 2>&1
setsid mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql --socket=/run/mysqld/mysqld.sock --skip-networking --max-connections=${maxConnections} --innodb-flush-method=fsync </dev/null >/var/log/mariadb.log 2>&1 &
tries=0
until mariadb --protocol=socket -e 'select 1' >/dev/null 2>&1; do tries=$((tries + 1)); [ $tries -lt 600 ] || { cat /var/log/mariadb.log >&2; exit 1; }; sleep 0.1; done
mariadb -e "create database shop; create user shop@localhost identified by 'x'; grant all on shop.* to shop@localhost; create user repl@localhost identified by 'x'; grant select on shop.* to repl@localhost"
`
}
