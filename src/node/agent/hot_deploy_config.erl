%% The configuration a cold boot of a release would have in this container, found out by doing what the boot
%% does, in a VM of its own: nothing of the running node is touched.
%%
%% Why not let install_release read sys.config: it holds only what was known at build time. runtime.exs and
%% `${VARIABLE}`s are resolved by Elixir's config providers and by relx's start script, which it never runs.
-module(hot_deploy_config).
-export([main/1, resolve/1, fingerprints/1]).

-type request() :: #{
    root := string(),
    version := string(),
    %% The running VM's process, whose environment holds what an entrypoint exported.
    pid := string(),
    applications := [{atom(), string()}]
}.
-type resolved() :: #{environment := [{atom(), [{atom(), term()}]}], rendered := binary() | none}.
-export_type([resolved/0]).

%% Prints the resolved configuration on one line that a shell can find among what the providers print.
-spec main(request()) -> ok.
main(Request) ->
    Resolved = resolve(Request),
    case unportable(Resolved) of
        [] ->
            io:put_chars(["\nhot-deploy-config ", base64:encode(term_to_binary(Resolved, [compressed])), "\n"]);
        Keys ->
            io:put_chars(["\nhot-deploy-unportable ", lists:join(" ", Keys), "\n"])
    end.

%% release_handler reads configuration as text, and a fun has none: it would silently take [] for every application.
unportable(#{environment := Environment}) ->
    [io_lib:format("~ts:~ts", [Application, Key]) || {Application, Values} <- Environment,
                                                     {Key, Value} <- Values,
                                                     not hot_deploy_term:portable(Value)].

%% [Application, Key, Fingerprint]: enough to tell later which values the application set itself.
-spec fingerprints({request(), binary()}) -> hot_deploy_json:json().
fingerprints({Request, Salt}) ->
    #{environment := Environment} = resolve(Request),
    [[Application, Key, hot_deploy_term:fingerprint(Value, Salt)] || {Application, Values} <- Environment,
                                                                     {Key, Value} <- Values].

-spec resolve(request()) -> resolved().
resolve(#{root := Root, version := Version, applications := Applications} = Request) ->
    import_environment(Request),
    Directory = filename:join([Root, "releases", Version]),
    code:add_pathsa([filename:join([Root, "lib", lists:concat([Name, "-", Vsn]), "ebin"]) || {Name, Vsn} <- Applications]),
    code:add_patha(filename:join(Directory, "consolidated")),
    {Config, Rendered} = boot_config(Directory),
    Names = [Name || {Name, _} <- Applications],
    %% The start_clean of a release by Elixir 1.18 has loaded them all, as the release that runs specifies them.
    [begin application:unload(Name), application:load(Name) end || Name <- Names],
    [application:set_env(Application, Key, Value, [{persistent, true}]) || {Application, Values} <- Config, {Key, Value} <- Values],
    Provided = provide(Directory, Config),
    #{environment => [{Name, values(Name, Provided)} || Name <- Names], rendered => Rendered}.

%% What VM this is stands in the environment of kernel and stdlib; of theirs only what is configured counts.
values(Application, Config) when Application =:= kernel; Application =:= stdlib ->
    lists:sort(proplists:get_value(Application, Config, []));
values(Application, _) ->
    lists:sort(application:get_all_env(Application)).

%% As Elixir's boot does after stdlib has started. `reboot_system_after_config` makes it write the whole
%% configuration to a file and boot again: here the file is a copy, and the boot is left out.
provide(Directory, Config) ->
    case application:get_env(elixir, config_provider_init) of
        {ok, #{reboot_system_after_config := Reboots}} ->
            Copy = copy(filename:join(Directory, "sys.config"), Reboots),
            os:putenv("RELEASE_SYS_CONFIG", filename:rootname(Copy)),
            try
                'Elixir.Config.Provider':boot(fun() -> throw(would_reboot) end),
                Config
            catch
                throw:would_reboot ->
                    {ok, [Written]} = file:consult(Copy),
                    [application:set_env(Application, Key, Value, [{persistent, true}])
                     || {Application, Values} <- Written, {Key, Value} <- Values],
                    Written
            after
                Reboots andalso file:delete(Copy)
            end;
        undefined ->
            Config
    end.

copy(File, false) ->
    File;
copy(File, true) ->
    Copy = filename:join(os:getenv("RELEASE_TMP", "/tmp"), "hot-deploy-" ++ os:getpid() ++ ".config"),
    {ok, Text} = file:read_file(File),
    ok = filelib:ensure_dir(Copy),
    ok = file:write_file(Copy, <<>>),
    ok = file:change_mode(Copy, 8#600),
    ok = file:write_file(Copy, Text),
    Copy.

%% relx keeps a template where variables are to be filled in, and its start script fills them in before the VM starts.
boot_config(Directory) ->
    Template = filename:join(Directory, "sys.config.src"),
    case file:read_file(Template) of
        {ok, Text} ->
            Rendered = render(Text),
            {parse(Rendered), Rendered};
        {error, enoent} ->
            {ok, [Config]} = file:consult(filename:join(Directory, "sys.config")),
            {included(Config, Directory), none}
    end.

parse(Text) ->
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text)),
    {ok, Config} = erl_parse:parse_term(Tokens),
    Config.

%% ${NAME} and ${NAME:-default}, as relx's start script knows them. A name without value becomes nothing.
render(Text) ->
    case re:run(Text, <<"\\$\\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\\}">>, [{capture, [0, 1, 3], binary}]) of
        {match, [Whole, Name | Default]} ->
            [Before, After] = binary:split(Text, Whole),
            iolist_to_binary([Before, value(Name, Default), render(After)]);
        nomatch ->
            Text
    end.

value(Name, Default) ->
    case {os:getenv(binary_to_list(Name)), Default} of
        {Empty, [Text]} when Empty =:= false; Empty =:= "" -> Text;
        {false, []} -> <<>>;
        {Value, _} -> unicode:characters_to_binary(Value)
    end.

%% A string in sys.config names a further file; later entries win (kernel's config(4)).
included(Config, Directory) ->
    lists:append([
        case Entry of
            {_, _} ->
                [Entry];
            File ->
                {ok, [Included]} = file:consult(filename:absname(filename:rootname(File, ".config") ++ ".config", Directory)),
                Included
        end
     || Entry <- Config
    ]).

%% The container's own environment is this VM's already; an entrypoint script may have exported more. RELEASE_ variables
%% that the start script set point into the version that was booted: a boot of this one would point them here.
import_environment(#{pid := Pid, root := Root, version := Version}) ->
    {ok, Block} = file:read_file("/proc/" ++ Pid ++ "/environ"),
    Releases = unicode:characters_to_binary(filename:join(Root, "releases")),
    [import(string:split(Entry, "="), Releases, Version) || Entry <- binary:split(Block, <<0>>, [global]), Entry =/= <<>>],
    ok.

import([<<"RELEASE_VSN">>, _], _, Version) -> os:putenv("RELEASE_VSN", Version);
import([<<"RELEASE_SYS_CONFIG">>, _], _, _) -> true;
import([<<"ERL_CRASH_DUMP">>, _], _, _) -> true;
import([<<"RELEASE_", _/binary>> = Name, Value], Releases, Version) ->
    Size = byte_size(Releases),
    case Value of
        <<Releases:Size/binary, "/", Below/binary>> ->
            [_ | Rest] = string:split(Below, "/"),
            putenv(Name, unicode:characters_to_binary(lists:join($/, [Releases, Version | Rest])));
        _ ->
            putenv(Name, Value)
    end;
import([Name, Value], _, _) -> putenv(Name, Value);
import(_, _, _) -> true.

putenv(Name, Value) ->
    case {unicode:characters_to_list(Name), unicode:characters_to_list(Value)} of
        {Key, Text} when is_list(Key), is_list(Text) -> os:putenv(Key, Text);
        _ -> true
    end.
