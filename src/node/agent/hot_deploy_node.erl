%% What a running node is: asked of the node itself, since its files only tell what it would boot.
-module(hot_deploy_node).
-export([identify/1, connected/1, digests/1, processes/1, unload_old/1]).
-export([root/0, running_release/0, loaded_digest/1, old_code/1, note/2, is_suspended/1, vsn/1]).

%% Everything that tells one running release from another.
-spec identify(map()) -> hot_deploy_json:json().
identify(#{secrets := Pattern} = Request) ->
    (identify(maps:remove(secrets, Request)))#{secrets => hot_deploy_secrets:values(Pattern)};
identify(Request) ->
    {Name, Version} = running_release(),
    {Uptime, _} = erlang:statistics(wall_clock),
    #{
        node => node(),
        connected => nodes(),
        otp => text(erlang:system_info(otp_release)),
        erts => text(erlang:system_info(version)),
        root => text(root()),
        name => text(Name),
        version => text(Version),
        osPid => text(os:getpid()),
        uptimeMs => Uptime,
        booted => booted(),
        mode => code:get_mode(),
        sasl => is_pid(whereis(release_handler)),
        heart => is_pid(whereis(heart)),
        %% Only an attempt tells, and not everybody who asks may leave a trace on the disk.
        writable => not is_map_key(untouched, Request) andalso writable(),
        applications => applications(),
        modules => digests(all),
        codePath => [text(Dir) || Dir <- code:get_path()]
    }.

%% The nodes of its cluster, as each of them sees it: null for one that does not answer. Hidden ones are nobody's to deploy to.
-spec connected(map()) -> hot_deploy_json:json().
connected(_) ->
    #{node => node(), sees => nodes(), views => [#{node => Node, sees => view(Node)} || Node <- nodes()]}.

view(Node) ->
    try erpc:call(Node, erlang, nodes, [], 5_000)
    catch error:{erpc, _} -> null
    end.

%% Of the release. Without a runtime of its own (mix's and relx's include_erts) the VM's root is that of an Erlang elsewhere, and
%% only the boot script tells where the release lies.
-spec root() -> string().
root() ->
    {ok, [[Root]]} = init:get_argument(root),
    {ok, [[Boot] | _]} = case init:get_argument(boot) of error -> {ok, [["start"]]}; Given -> Given end,
    case lists:reverse(filename:split(Boot)) of
        [_, _, "releases" | [_ | _] = Above] -> filename:join(lists:reverse(Above));
        _ -> Root
    end.

%% After a hot upgrade the boot script's name is out of date, and release_handler knows better.
-spec running_release() -> {string(), string()}.
running_release() ->
    case whereis(release_handler) of
        undefined ->
            %% A switch of modules leaves it: what a restart boots may be another one.
            persistent_term:get(hot_deploy_release, init:script_id());
        _ ->
            %% One that knows another Erlang's releases alone knows nothing of this one.
            {Own, _} = init:script_id(),
            Releases = [Release || {Name, _, _, _} = Release <- release_handler:which_releases(), Name =:= Own],
            Running = lists:keyfind(current, 4, Releases),
            Permanent = lists:keyfind(permanent, 4, Releases),
            case {Running, Permanent} of
                {{Name, Version, _, _}, _} -> {Name, Version};
                {false, {Name, Version, _, _}} -> {Name, Version};
                {false, false} -> init:script_id()
            end
    end.

booted() ->
    case init:get_status() of
        {started, _} -> true;
        _ -> false
    end.

%% release_handler writes RELEASES and start_erl.data as the VM's own user, so only an attempt tells.
writable() ->
    Directories = [filename:join(root(), "releases"), filename:join(root(), "lib")],
    lists:all(fun writable/1, [Directory || Directory <- Directories, filelib:is_dir(Directory)]).

writable(Directory) ->
    File = filename:join(Directory, ".hot-deploy-" ++ os:getpid()),
    case file:write_file(File, <<>>, [exclusive]) of
        ok -> file:delete(File) =:= ok;
        {error, _} -> false
    end.

applications() ->
    Running = [Application || {Application, _, _} <- application:which_applications(5000)],
    %% Nothing documented tells how an application was started.
    Started = proplists:get_value(started, application:info(), []),
    [
        #{
            name => Application,
            version => text(Version),
            running => lists:member(Application, Running),
            mode => proplists:get_value(Application, Started, load),
            directory => directory(Application)
        }
     || {Application, _, Version} <- application:loaded_applications()
    ].

directory(Application) ->
    case code:lib_dir(Application) of
        {error, bad_name} -> null;
        Directory -> text(Directory)
    end.

%% Module to digest, for the modules of all loaded applications or for those named. What is not loaded is read from where
%% the code server would load it. What an application's specification leaves out and lies in its directory is a module of
%% it as well, if it can be loaded.
-spec digests(all | [module()]) -> #{module() => binary()}.
digests(all) ->
    Applications = [Application || {Application, _, _} <- application:loaded_applications()],
    Listed = [Module || Application <- Applications, {ok, Modules} <- [application:get_key(Application, modules)], Module <- Modules],
    Named = sets:from_list([atom_to_list(Module) || Module <- Listed]),
    Unlisted = [list_to_atom(Name) || Application <- Applications, Name <- beams(Application), not sets:is_element(Name, Named)],
    Others = maps:filter(fun(_, Digest) -> Digest =/= null end, digests(Unlisted)),
    maps:merge(Others, digests(Listed ++ consolidated()));
digests(Modules) ->
    maps:from_list([{Module, digest(Module)} || Module <- Modules]).

beams(Application) ->
    case code:lib_dir(Application) of
        {error, bad_name} -> [];
        Directory -> [filename:basename(File, ".beam") || File <- filelib:wildcard(Directory ++ "/ebin/*.beam")]
    end.

%% Protocols of applications that are never loaded (iex in most releases) are consolidated too.
consolidated() ->
    [list_to_atom(filename:basename(File, ".beam")) || Directory <- code:get_path(),
                                                       filename:basename(Directory) =:= "consolidated",
                                                       File <- filelib:wildcard(filename:join(Directory, "*.beam"))].

digest(Module) ->
    case loaded_digest(Module) of
        undefined -> on_disk(Module);
        Digest -> Digest
    end.

-spec loaded_digest(module()) -> binary() | undefined.
loaded_digest(Module) ->
    case erlang:module_loaded(Module) of
        true -> binary:encode_hex(erlang:get_module_info(Module, md5));
        false -> undefined
    end.

on_disk(Module) ->
    case code:which(Module) of
        File when is_list(File), File =/= "" ->
            case beam_lib:md5(File) of
                {ok, {Module, Digest}} -> binary:encode_hex(Digest);
                _ -> null
            end;
        _ ->
            null
    end.

%% The version of a module that runs, as release_handler gives it to code_change.
-spec vsn(module()) -> term().
vsn(Module) ->
    case proplists:get_value(vsn, Module:module_info(attributes)) of
        [Version] -> Version;
        Other -> Other
    end.

%% Processes that still run, or hold a reference to, old code of these modules.
-spec processes([module()]) -> hot_deploy_json:json().
processes(Modules) ->
    Old = [{Pid, Module} || Module <- Modules, Pid <- old_code(Module)],
    [note(Pid, [M || {P, M} <- Old, P =:= Pid]) || Pid <- lists:usort([Pid || {Pid, _} <- Old])].

-spec old_code(module()) -> [pid()].
old_code(Module) ->
    case erlang:check_old_code(Module) of
        false -> [];
        true -> [Pid || Pid <- erlang:processes(), erlang:check_process_code(Pid, Module) =:= true]
    end.

%% Drops old code nobody is in. With kill => true also what somebody is in, and them with it.
-spec unload_old(#{modules := [module()], kill := boolean()}) -> hot_deploy_json:json().
unload_old(#{modules := Modules, kill := Kill}) ->
    Killed = case Kill of true -> processes(Modules); false -> [] end,
    [case Kill of
         true -> code:purge(Module);
         false -> code:soft_purge(Module)
     end || Module <- Modules],
    #{killed => Killed, lingering => processes(Modules)}.

-spec note(pid(), [module()]) -> hot_deploy_json:json().
note(Pid, Modules) ->
    Note = #{pid => list_to_binary(pid_to_list(Pid)), modules => Modules},
    case process_info(Pid, registered_name) of
        {registered_name, Name} -> Note#{name => Name};
        _ -> Note
    end.

%% Held by `sys:suspend`, as release_handler does it. One that was hibernating when it was suspended hibernates on, and
%% nothing but a copy of its whole state would tell it from one that waits: it does not count.
-spec is_suspended(pid()) -> boolean().
is_suspended(Pid) ->
    case process_info(Pid, current_function) of
        {current_function, {sys, Function, _}} -> Function =:= suspend_loop orelse Function =:= suspend_loop_hib;
        _ -> false
    end.

text(Characters) -> unicode:characters_to_binary(Characters).
