%% The configuration a cold boot of a release would have in this container, found out by doing what the boot
%% does, in a VM of its own: nothing of the running node is touched.
%%
%% Why not let install_release read sys.config: it holds only what was known at build time. runtime.exs and
%% `${VARIABLE}`s are resolved by Elixir's and distillery's config providers and by start scripts, which it never runs.
-module(hot_deploy_config).
-export([main/1, running/1, resolve/1, fingerprints/1]).

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
            print(Resolved);
        Keys ->
            io:put_chars(["\nhot-deploy-unportable ", lists:join(" ", Keys), "\n"])
    end.

%% The same for what runs already: it is compared, and nobody has to read it as text.
-spec running(request()) -> ok.
running(Request) -> print(resolve(Request)).

print(Resolved) -> io:put_chars(["\nhot-deploy-config ", base64:encode(term_to_binary(Resolved, [compressed])), "\n"]).

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
resolve(#{root := Root, version := Version, pid := Pid, applications := Applications} = Request) ->
    Sources = hot_deploy_start:files(Request),
    hot_deploy_start:import_environment(Request),
    Directory = filename:join([Root, "releases", Version]),
    %% A release without a runtime of its own has OTP's applications in the Erlang that is installed.
    code:add_pathsa([filename:join([Library, Own, "ebin"]) || Library <- [code:lib_dir(), filename:join(Root, "lib")],
                                                              {Name, Vsn} <- Applications,
                                                              Own <- [hot_deploy_boot:directory(Directory, Name, Vsn)]]),
    code:add_patha(hot_deploy_boot:consolidated(Root, Version)),
    Names = [Name || {Name, _} <- Applications],
    Arguments = hot_deploy_start:settings(hot_deploy_start:arguments(Pid), Names),
    Files = [read(Source) || Source <- Sources],
    Config = merged(Files, Arguments),
    %% The start_clean of a release by Elixir 1.18 has loaded them all, as the release that runs specifies them.
    [begin application:unload(Name), application:load(Name) end || Name <- Names],
    put(Config),
    Provided = by_distillery(Directory, Files, provide(Files, Arguments, Config)),
    Own = filename:join(Directory, "sys.config.src"),
    #{
        environment => [{Name, values(Name, Provided)} || Name <- Names],
        rendered => hd([Text || #{file := File, text := Text} <- Files, File =:= Own] ++ [none])
    }.

put(Config) ->
    [application:set_env(Application, Key, Value, [{persistent, true}]) || {Application, Values} <- Config,
                                                                           {Key, Value} <- Values].

merged(Files, Arguments) ->
    lists:foldl(fun(New, Old) -> hot_deploy_start:merge(Old, New) end, [], [Terms || #{terms := Terms} <- Files] ++ [Arguments]).

%% What VM this is stands in the environment of kernel and stdlib; of theirs only what is configured counts.
values(Application, Config) when Application =:= kernel; Application =:= stdlib ->
    lists:sort(proplists:get_value(Application, Config, []));
values(Application, _) ->
    lists:sort(application:get_all_env(Application)).

%% As Elixir's boot does after stdlib has started. `reboot_system_after_config` makes it write the whole
%% configuration to a file and boot again: here the file is a copy, and the boot is left out.
provide(Files, Arguments, Config) ->
    case {application:get_env(elixir, config_provider_init), [File || #{file := File, provided := true} <- Files]} of
        {{ok, #{reboot_system_after_config := Reboots}}, [File | _]} ->
            Copy = copy(File, Reboots),
            os:putenv("RELEASE_SYS_CONFIG", filename:rootname(Copy)),
            try
                'Elixir.Config.Provider':boot(fun() -> throw(would_reboot) end),
                Config
            catch
                throw:would_reboot ->
                    {ok, [Written]} = file:consult(Copy),
                    Whole = merged([case Each of #{file := File} -> Each#{terms := Written}; _ -> Each end || Each <- Files], Arguments),
                    put(Whole),
                    Whole
            after
                Reboots andalso file:delete(Copy)
            end;
        _ ->
            Config
    end.

%% Its start script boots another VM before the one that serves, whose boot script has the providers run, and puts all that
%% they leave in the applications' environment into the file that the release is booted with.
by_distillery(Directory, Files, Config) ->
    case [Providers || #{distillery := true} <- Files, Providers <- providers(filename:join(Directory, "config.boot"))] of
        [[_ | _] = Providers] ->
            Before = platform(),
            {ok, _} = application:ensure_all_started(elixir),
            [case Provider of {Module, Arguments} -> Module:init(Arguments); Module -> Module:init([]) end || Provider <- Providers],
            hot_deploy_start:merge(Config, [{Name, Values -- proplists:get_value(Name, Before)} || {Name, Values} <- platform()]);
        _ ->
            Config
    end.

platform() -> [{Name, application:get_all_env(Name)} || Name <- [kernel, stdlib]].

providers(File) ->
    case file:read_file(File) of
        {ok, Boot} ->
            {script, _, Instructions} = binary_to_term(Boot),
            [Given || {apply, {'Elixir.Distillery.Releases.Config.Provider', init, [Given]}} <- Instructions];
        {error, enoent} ->
            []
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
read(#{file := File, template := Template} = Source) ->
    {ok, Bytes} = file:read_file(File),
    Text = case Template of true -> render(Bytes); false -> Bytes end,
    Source#{text => Text, terms => included(parse(Text), filename:rootname(filename:rootname(File, ".src"), ".orig"))}.

parse(Text) ->
    Encoding = case epp:read_encoding_from_binary(Text) of none -> utf8; Other -> Other end,
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text, Encoding)),
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
        {Value, _} -> unicode:characters_to_binary(Value, unicode, file:native_name_encoding())
    end.

%% A string in sys.config, and in no other file, names a further one; later entries win (kernel's config(4)).
included(Terms, File) ->
    case filename:basename(File) of
        "sys.config" ->
            lists:foldl(fun(Entry, Config) -> hot_deploy_start:merge(Config, entry(Entry, filename:dirname(File))) end, [], Terms);
        _ ->
            Terms
    end.

entry({_, _} = Entry, _) ->
    [Entry];
entry(Name, Directory) ->
    {ok, [Included]} = file:consult(filename:absname(filename:rootname(Name, ".config") ++ ".config", Directory)),
    Included.
