# The compiler checks which targets import which; transitive system modules it does not see.
# Who may import what else:
allowed='CLMDB:LMDB
CPostgres:Postgres
CProcess:System,Worker,q-postgres
CStart:QueueCommands
LMDB:LMDBStore
LMDBStore:q
Postgres:PostgresStore
PostgresStore:q-postgres
QueueLogic:LMDBStore,PostgresStore
OrderedStore:QueueLogic,LMDBStore,PostgresStore
Worker:QueueCommands,q-postgres
ArgumentParser:QueueCommands
FoundationEssentials:QueueCommands,JSONText
JSONText:QueueCore,Worker,QueueCommands
Histogram:Worker'
status=0
while IFS=: read -r file _ line; do
  module=$(awk '{ print $NF }' <<<"$line")
  target=$(cut -d/ -f2 <<<"$file")
  rule=$(grep "^$module:" <<<"$allowed" || true)
  case $module in Foundation) rule=none: ;; esac
  [ -z "$rule" ] && continue
  case ",${rule#*:}," in *",$target,"*) ;; *)
    echo "$file: $target may not import $module" >&2
    status=1 ;;
  esac
done < <(grep -rnE '^ *(public |package |internal |@[a-z]+ )*import ' Sources --include='*.swift')
exit $status
