/** One call of the docker CLI, and what comes of it. */
export interface Check {
  readonly words: string;
  readonly input?: string;
  readonly code?: number;
  readonly out?: RegExp;
  readonly err?: RegExp;
}

const id = '[0-9a-f]{64}';
const labels = (name: string) => `{{with .Config.Labels}}{{with index . "${name}"}}{{.}}{{end}}{{end}}`;

/**
 * What the script asks of the CLI, in this order: a real one and its stand-in answer alike. `@` begins the name of a container,
 * `$image` is one with a volume at /data, a HEALTHCHECK and a label, whose program ends at once when it is told to.
 */
export const cli: readonly Check[] = [
  { words: `version --format '{{.Server.Version}}'`, out: /^\d+\.\d+\S*\n$/ },
  { words: 'image inspect --format {{.Id}} -- $image', out: /^sha256:[0-9a-f]{64}\n$/ },
  { words: 'image inspect --format {{.Id}} -- $image-none', code: 1, err: /No such image/i },
  {
    words: `image inspect --format '{{range $key, $value := .Config.Labels}}label {{printf "% x" $key}}
{{end}}{{range $key, $value := .Config.Volumes}}tmpfs {{printf "% x" $key}}
{{end}}' $image`,
    out: /label 66 72 6f 6d\n[\s\S]*tmpfs 2f 64 61 74 61\n/,
  },
  { words: 'inspect --type container --format {{.Id}} @none', code: 1, err: /no such container/i },
  { words: 'start @none', code: 1, err: /No such container/ },
  {
    words: `create --name @one $mark --label a.b='{"c": "d"}' --restart=always --env A='b c' --stop-timeout 3 -- $image`,
    out: new RegExp(`^${id}\n$`),
  },
  { words: 'create --name @one $image', code: 1, err: /is already in use/ },
  {
    words: `inspect --type container --format '{{.Name}}|{{.State.Status}}|{{.State.Running}}|{{with index .State "Health"}}{{.Status}}{{end}}|${labels('a.b')}|${labels('none')}' @one`,
    out: /^\/\S*one\|created\|false\|(starting)?\|\{"c": "d"\}\|\n$/,
  },
  {
    words: `inspect --type container --format '{{.HostConfig.AutoRemove}}|{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}|{{with index .Config "StopTimeout"}}{{.}}{{end}}|{{.RestartCount}}|{{.State.StartedAt}}' @one`,
    out: /^false\|always:0\|3\|0\|0001-01-01T00:00:00Z\n$/,
  },
  {
    words: `inspect --type container --format '{{with index .Config "Healthcheck"}}{{range .Test}}check {{printf "% x" .}}
{{end}}{{end}}{{range index .Config "Shell"}}shell {{printf "% x" .}}
{{end}}' @one`,
    out: /^check 43 4d 44\ncheck 74 72 75 65\n\n$/,
  },
  {
    words: `inspect --type container --format '{{range .Mounts}}{{if eq (print .Type) "volume"}}{{.Name}} {{.Destination}}
{{end}}{{end}}' @one`,
    out: new RegExp(`^${id} /data\n\n$`),
  },
  {
    words: `inspect --type container --format '{{range .Config.Env}}{{printf "% x" .}}
{{end}}' @one`,
    out: /^41 3d 62 20 63\n/,
  },
  { words: `ps --all --filter name=^/@one --format '{{.Names}}: {{.Status}}'`, out: /^\S*one: Created\n$/i },
  {
    words: `ps --all --no-trunc --filter label=$marked --format '{{.ID}} {{.Names}} {{json (.Label "a.b")}}'`,
    out: new RegExp(`^${id} \\S*one "\\{\\\\"c\\\\": \\\\"d\\\\"\\}"\n$`),
  },
  { words: 'cp - @one:/', input: 'tar', out: /^$/ },
  { words: 'cp @one:/journal - | tar -tf -', out: /^journal\/?\njournal\/token\n$/ },
  { words: 'cp @one:/none -', code: 1, err: /ould not find the file/ },
  { words: 'cp @none:/journal -', code: 1, err: /[Nn]o such container/ },
  { words: 'cp file @one:/journal/other' },
  { words: 'cp file @one:/none/other', code: 1, err: /ould not find the file|no such/ },
  { words: 'cp @one:/journal - | tar -tf - | sort', out: /^journal\/?\njournal\/other\njournal\/token\n$/ },
  { words: 'cp journal/. @one:/own' },
  { words: 'cp @one:/own - | tar -tf -', out: /^own\/?\nown\/token\n$/ },
  { words: 'exec @one true', code: 1, err: /is not running/ },
  { words: 'start @one', out: /^\S*one\n$/ },
  { words: 'start @one', out: /^\S*one\n$/ },
  { words: 'exec @one true', out: /^$/ },
  { words: `exec --interactive --user 0:0 @one cat`, input: 'words', out: /^words$/ },
  { words: 'rm @one', code: 1, err: /cannot remove|is running/ },
  { words: 'rename @one @two', out: /^$/ },
  { words: 'rename @two @two', code: 1, err: /same name/ },
  { words: 'diff @two', out: /^A \/journal$/m },
  { words: 'logs --tail 20 @two', out: /^$/ },
  { words: 'top @two -ww -eo pid,args', out: /^PID +COMMAND\n *\d+ / },
  { words: 'update --restart=no @two', out: /^\S*two\n$/ },
  { words: `inspect --type container --format '{{.HostConfig.RestartPolicy.Name}}' @two`, out: /^no\n$/ },
  { words: 'restart @two', out: /^\S*two\n$/ },
  { words: 'stop @two', out: /^\S*two\n$/ },
  { words: 'stop @two', out: /^\S*two\n$/ },
  {
    words: `inspect --type container --format '{{.State.Status}} {{.State.ExitCode}} {{.State.FinishedAt}}' @two`,
    out: /^exited 0 20\S+Z\n$/,
  },
  { words: 'create --name @rm --rm $mark $image' },
  { words: 'update --restart=always @rm', code: 1, err: /AutoRemove/ },
  { words: 'tag $image $image-tagged', out: /^$/ },
  { words: 'image inspect --format {{.Id}} -- $image-tagged', out: /^sha256:/ },
  { words: 'rmi $image-tagged', out: /^Untagged: / },
  { words: 'rm --force --volumes @rm', out: /^\S*rm\n$/ },
  { words: 'rm --volumes @two', out: /^\S*two\n$/ },
  { words: 'rm --volumes @two', code: 1, err: /No such container/ },
];
