# The compiler checks which targets import which; transitive system modules it does not see.
# Who may import what else:
allowed='CLMDB:LMDB
CProcess:System,Worker
CStart:QueueCommands
LMDB:LMDBStore
LMDBStore:q
QueueLogic:LMDBStore
OrderedStore:QueueLogic,LMDBStore
Worker:QueueCommands
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
