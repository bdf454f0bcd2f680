%% The switch itself, by release_handler, with what it leaves out put around it:
%% the records it needs on a stock release, the configuration a cold boot would have, processes held all at
%% once and in time, and everything put back when it refuses.
-module(hot_deploy_install).
-export([install/1, make_permanent/1, unstage/1]).

-define(WATCHED, 10000).

-type request() :: #{
    to := string(),
    updates := [module()],
    loads := [module()],
    gone := [module()],
    %% Which of the two releases has the code_change functions, and is told so.
    direction => up | down,
    suspend_timeout := pos_integer(),
    code_change_timeout := pos_integer(),
    %% [{Application, Key, Fingerprint}] of a cold boot of what runs now, and the salt they were made with.
    baseline := [{atom(), atom(), binary()}],
    salt := binary(),
    %% Where release_handler does not load them: the modules that change, and where they lie.
    parts => [hot_deploy_set:part()],
    config := hot_deploy_config:resolved()
}.

%% Answers what became of it: installed, refused (and all is as it was), restarting (release_handler gave up past the point of no
%% return, and the VM boots the old release again), or unlike (new code runs without all that it needs).
-spec install(request()) -> hot_deploy_json:json().
install(#{parts := _} = Request) ->
    by_modules(Request);
install(#{to := To, config := Config} = Request) ->
    ok = hot_deploy_environment:refuse_kept(Config, Request),
    {_, From} = hot_deploy_node:running_release(),
    Environment = hot_deploy_environment:expected(Config, Request),
    Before = hot_deploy_environment:snapshot(From),
    Registered = hot_deploy_facts:registrations(),
    hot_deploy_records:room(),
    Swap = hot_deploy_records:swap_config(To, Environment, Config),
    Records =
        try
            hot_deploy_records:ensure(From, To)
        catch
            Kind:Why:Where ->
                hot_deploy_records:restore_config(Swap),
                erlang:raise(Kind, Why, Where)
        end,
    try switch(Request, Swap) of
        {unanswering, Pids} ->
            hot_deploy_records:undo(Records),
            #{result => refused, why => process_not_answering,
              processes => [hot_deploy_node:note(Pid, []) || Pid <- Pids]};
        {Result, Facts} ->
            finish(Result, Facts, Request, {Environment, Before, Records, Registered})
    catch
        Class:Reason:Stack ->
            hot_deploy_records:undo(Records),
            erlang:raise(Class, Reason, Stack)
    end.

%% However it ends, the resolved configuration leaves the disk and nobody stays held.
switch(#{to := To} = Request, Swap) ->
    try hold(Request) of
        {ok, Held, Hosts} ->
            Started = erlang:monotonic_time(microsecond),
            {Before, States} = migrate(down, Hosts, Request),
            try release_handler:install_release(To, options(Request)) of
                Result ->
                    After = switched(Result, Hosts, States, Request),
                    Took = erlang:monotonic_time(microsecond) - Started,
                    {Result, #{
                        microseconds => Took,
                        held => length(Held),
                        watched => watched(maps:get(loads, Request)),
                        notMigrated => [hot_deploy_node:note(Pid, [Module]) || {Pid, Module} <- Before ++ After]
                    }}
            after
                release(Held),
                hot_deploy_hosts:refresh([{Pid, Module} || {Pid, Module, _} <- Hosts])
            end;
        {unanswering, Pids} ->
            {unanswering, Pids}
    after
        hot_deploy_records:restore_config(Swap)
    end.

%% Only new code takes a state over; after a switch that was refused those that had gone ahead get theirs back.
switched({ok, _, _}, Hosts, _, Request) ->
    {Failed, _} = migrate(up, Hosts, Request),
    Failed;
switched({error, _}, _, States, _) ->
    hot_deploy_hosts:restore(States),
    [].

%% On the way down it is the code that runs before the switch that knows both states.
migrate(Direction, Hosts, #{code_change_timeout := Timeout} = Request) ->
    case maps:get(direction, Request, up) of
        Direction ->
            Versions = maps:from_list([{Module, version(Direction, Version)} || {_, Module, Version} <- Hosts]),
            hot_deploy_hosts:migrate([{Pid, Module} || {Pid, Module, _} <- Hosts], Versions, Timeout);
        _ ->
            {[], []}
    end.

version(up, Version) -> Version;
version(down, Version) -> {down, Version}.

options(#{suspend_timeout := Suspend, code_change_timeout := CodeChange}) ->
    [{error_action, restart}, {suspend_timeout, Suspend}, {code_change_timeout, CodeChange}].

finish({ok, _, _}, Facts, #{loads := Loads, gone := Gone}, {Environment, _, _, Registered}) ->
    hot_deploy_environment:put_unportable(Environment),
    after_switch(Facts, Loads, Gone, Environment, Registered);
finish({error, Reason}, Facts, _, {_, Before, Records, _}) ->
    case restarting() of
        true ->
            Facts#{result => restarting, why => reason(Reason)};
        false ->
            hot_deploy_environment:restore(Before),
            hot_deploy_records:undo(Records),
            Facts#{result => refused, why => reason(Reason)}
    end.

after_switch(Facts, Loads, Gone, Environment, Registered) ->
    Facts#{
        result => installed,
        registered => #{before => Registered, now => hot_deploy_facts:registrations()},
        environment => hot_deploy_environment:compare(Environment),
        identity => loaded(hot_deploy_node:identify(#{}), Loads),
        tree => hot_deploy_tree:read(#{}),
        remaining => [Module || Module <- Gone, erlang:module_loaded(Module)],
        oldCode => hot_deploy_node:processes(Loads)
    }.

by_modules(#{to := To, config := Config, loads := Loads, gone := Gone} = Request) ->
    ok = hot_deploy_environment:refuse_kept(Config, Request),
    Environment = hot_deploy_environment:expected(Config, Request),
    Registered = hot_deploy_facts:registrations(),
    {Name, From} = hot_deploy_node:running_release(),
    _ = is_pid(whereis(release_handler)) andalso hot_deploy_records:room(),
    Records = hot_deploy_records:ensure(From, To),
    case hot_deploy_switch:run(Request#{environment => Environment, release => {Name, To}}) of
        #{result := applied, microseconds := Took, held := Held, notMigrated := Late} ->
            Facts = #{microseconds => Took, held => Held, watched => watched(Loads), notMigrated => Late},
            after_switch(Facts, Loads, Gone, Environment, Registered);
        #{result := stuck, staying := Staying} = Answer ->
            #{result => unlike, why => text("~ts, and there was no way back, since ~b processes are still in old code", [because(Answer), length(Staying)])};
        Answer ->
            hot_deploy_records:undo(Records),
            refused(Answer)
    end.

refused(#{why := process_not_answering, processes := Processes}) -> #{result => refused, why => process_not_answering, processes => Processes};
refused(Answer) -> #{result => refused, why => because(Answer)}.

because(#{why := modules, reasons := Reasons}) -> few([[name(Reason), " (", atom_to_list(Why), ")"] || #{why := Why} = Reason <- Reasons]);
because(#{why := code_change_failed, processes := Failed}) ->
    few([text("code_change failed in ~ts: ~ts", [Pid, Why]) || #{pid := Pid, why := Why} <- Failed]);
because(#{why := Why, detail := Detail}) -> text("~ts: ~ts", [Why, Detail]);
because(#{why := Why}) -> atom_to_binary(Why).

name(#{module := Module}) -> atom_to_list(Module);
name(#{directory := Directory}) -> Directory.

few(Words) -> unicode:characters_to_binary(lists:join(", ", lists:sublist(Words, 5))).

%% In embedded mode nobody loads a module that the upgrade did not load: what its file holds does not run.
loaded(#{modules := Modules} = Identity, Loads) ->
    Unloaded = [Module || code:get_mode() =:= embedded,
                          Module <- Loads,
                          is_map_key(Module, Modules),
                          not erlang:module_loaded(Module)],
    Identity#{modules := maps:merge(Modules, maps:from_keys(Unloaded, null))}.

%% Past the point of no return release_handler answers first and calls init:restart/0 then: once it answers
%% again, it has.
restarting() ->
    try sys:get_state(release_handler, 2000) of
        _ ->
            case init:get_status() of
                {stopping, _} -> true;
                _ -> false
            end
    catch
        _:_ -> true
    end.

%% Terms of a code_change that failed hold the process's state: only what failed where is told.
reason({'EXIT', Reason}) -> reason(Reason);
reason({code_change_failed, Pid, Module, _, Why}) ->
    text("code_change of ~tp failed in ~w: ~0tp", [Module, Pid, hot_deploy_term:kind(Why)]);
reason({old_processes, Module}) -> text("processes are still in old code of ~tp", [Module]);
reason({no_such_file, File}) -> text("no such file: ~ts", [File]);
reason(Reason) -> text("~0tp", [hot_deploy_term:kind(Reason)]).

text(Format, Arguments) -> unicode:characters_to_binary(io_lib:format(Format, Arguments)).

%% All processes at once, and before release_handler starts: it goes on without one that is too busy to be
%% suspended, loads the new code under it and never migrates it.
hold(#{updates := Updates, loads := Loads, suspend_timeout := Timeout}) ->
    Concerned = case Updates of [] -> []; _ -> hot_deploy_check:concerned(Updates) end,
    Hosts = [{Pid, Module, hot_deploy_node:vsn(Module)} || {Pid, Module} <- hot_deploy_hosts:of_modules(Loads), not lists:member(Pid, Concerned)],
    Pids = Concerned ++ [Pid || {Pid, _, _} <- Hosts],
    Answers = hot_deploy_check:answer(Pids, fun(Pid) -> sys:suspend(Pid, Timeout) end),
    Unanswering = [Pid || {Pid, failed} <- Answers, is_process_alive(Pid)],
    %% A suspend that came too late is still in its mailbox: the resume behind it undoes it.
    [spawn(fun() -> catch sys:resume(Pid, 60000) end) || Pid <- Unanswering],
    Held = Pids -- Unanswering,
    case [Pid || Pid <- Unanswering, lists:member(Pid, Concerned)] of
        [] ->
            %% One of a thousand open pages that is busy holds nobody up: it goes on as it is.
            {ok, Held, [Host || {Pid, _, _} = Host <- Hosts, lists:member(Pid, Held)]};
        Busy ->
            release(Held),
            {unanswering, Busy}
    end.

%% Processes that run new code, whose end during the soak is told. Those of a node with very many are not all looked at.
watched(Loads) ->
    Known = maps:from_keys(Loads, true),
    Running = [#{pid => list_to_binary(pid_to_list(Pid)), module => Module}
               || Pid <- erlang:processes(), {Module, _, _} <- [proc_lib:initial_call(Pid)], is_map_key(Module, Known)],
    lists:sublist(Running, ?WATCHED).

%% Resuming what runs already is harmless.
release(Pids) ->
    hot_deploy_check:answer(Pids, fun(Pid) -> sys:resume(Pid, 5000) end).

-spec make_permanent(string()) -> hot_deploy_json:json().
make_permanent(Version) ->
    try {hot_deploy_records:room(), start_script(Version)} of
        {ok, Script} ->
            case permanent(Version) of
                ok ->
                    exchange(Script);
                {error, Reason} ->
                    forget(Script),
                    #{result => refused, why => reason(Reason)}
            end
    catch
        throw:{refused, _, Words} ->
            #{result => refused, why => Words}
    end.

%% Without a release_handler the start script has nothing but this file, which takes its place at once.
permanent(Version) ->
    case whereis(release_handler) of
        undefined ->
            File = filename:join([hot_deploy_node:root(), "releases", "start_erl.data"]),
            {ok, Data} = file:read_file(File),
            [Erts | _] = binary:split(Data, <<" ">>),
            Ready = hot_deploy_records:placed(File ++ ".hot-deploy", [Erts, " ", Version, "\n"], 8#644),
            file:rename(Ready, File);
        _ ->
            release_handler:make_permanent(Version)
    end.

%% relx's start script boots the version that is written in it, whatever start_erl.data says. relx's own tool
%% exchanges it at this moment, too. Written before anything is permanent: only its name changes afterwards.
start_script(Version) ->
    {Name, _} = hot_deploy_node:running_release(),
    Script = filename:join([hot_deploy_node:root(), "bin", Name]),
    case file:read_file(Script ++ "-" ++ Version) of
        {ok, Text} -> {hot_deploy_records:placed(Script ++ ".hot-deploy", Text, 8#755), Script};
        {error, enoent} -> none;
        {error, Reason} -> throw({refused, not_read, text("its start script in bin: ~ts", [file:format_error(Reason)])})
    end.

exchange(none) ->
    {ok, Data} = file:read_file(filename:join([hot_deploy_node:root(), "releases", "start_erl.data"])),
    #{result => permanent, startErlData => Data};
exchange({Ready, Script}) ->
    case file:rename(Ready, Script) of
        ok -> exchange(none);
        {error, Reason} -> #{result => refused, why => text("its start script in bin: ~ts", [file:format_error(Reason)])}
    end.

forget(none) -> ok;
forget({Ready, _}) -> file:delete(Ready).

%% Takes staged files away again. Paths are relative to the release's root; a directory the code server uses stays.
-spec unstage(#{version := string(), paths := [string()]}) -> hot_deploy_json:json().
unstage(#{version := Version, paths := Paths}) ->
    {_, Running} = hot_deploy_node:running_release(),
    Running =:= Version andalso throw({refused, running, unicode:characters_to_binary(Version)}),
    %% What was there before stays there, and on record: it is one of the earlier releases.
    Brought = lists:member("releases/" ++ Version, Paths),
    Used = code:get_path(),
    Root = hot_deploy_node:root(),
    [remove(filename:join(Root, Path), Used) || Path <- Paths],
    %% Afterwards: on a full disk it has the room that was made.
    _ = Brought andalso is_pid(whereis(release_handler)) andalso release_handler:set_removed(Version),
    #{removed => length(Paths)}.

remove(Directory, Used) ->
    case lists:any(fun(Path) -> lists:prefix(Directory ++ "/", Path) end, Used) of
        true -> kept;
        false -> file:del_dir_r(Directory)
    end.
