%% What is left to do of a switch of modules that has ended where it was not to end: the way back while that is open, the way
%% forward after that.
-module(hot_deploy_undo).
-export([put_right/2, forward/1]).

%% Milliseconds.
-define(PATIENCE, 5000).

%% Why the worker ended: what it said, or what somebody did to it.
-spec put_right(hot_deploy_switch:journal(), term()) -> hot_deploy_json:json().
put_right(#{settled := _} = Journal, _) ->
    forward(Journal);
put_right(#{plan := #{load := Load}} = Journal, Why) ->
    %% What a worker that was killed has still asked the code server for is done before this is answered.
    _ = code:get_path(),
    try hot_deploy_set:running(Load) of
        old -> released(Journal, answer(Why));
        _ -> back(Journal, answer(Why))
    catch
        _:Other -> kept(Journal, (answer(Why))#{detail => text("~0tp", [hot_deploy_term:kind(Other)])}, [])
    end;
put_right(_, Why) ->
    answer(Why).

answer({stopped, Answer}) -> Answer;
answer({refused, Code, Detail}) -> #{result => refused, why => Code, detail => Detail};
answer(killed) -> #{result => undone, why => interrupted};
answer(Why) -> #{result => undone, why => crashed, detail => text("~0tp", [hot_deploy_term:kind(Why)])}.

%% The old code runs: nothing but states, directories and settings has to be given back.
released(#{request := #{parts := Parts}, plan := #{wait := Wait}} = Journal, Answer) ->
    #{held := Held} = Journal,
    hot_deploy_paths:exchange(hot_deploy_paths:turned(Parts)),
    %% Whatever was called for meanwhile comes from the old directory next time.
    [begin code:delete(Module), code:soft_purge(Module) end
     || #{module := Module, to := To} <- Wait, To =/= none, hot_deploy_node:loaded_digest(Module) =:= To],
    hot_deploy_hold:restore(Held),
    Silent = resume(Journal),
    %% Of the new settings nobody has been told.
    [limited(fun() -> hot_deploy_environment:exchange(Specifications, Values) end, ?PATIENCE)
     || {Specifications, Values} <- [maps:get(specified, Journal, none)]],
    told(Answer, Silent).

%% Two versions of a module are all that the VM keeps. Where a process is still in the old one, only its end would make room.
back(#{plan := #{load := Load}} = Journal, Answer) ->
    case hot_deploy_set:unpurged(Load) of
        [] ->
            Were = [Change || #{was := Was} = Change <- Load, Was =/= none],
            ok = code:finish_loading(hot_deploy_set:prepare(Were, old)),
            [begin code:delete(Module), code:soft_purge(Module) end || #{module := Module, was := none} <- Load],
            Released = released(Journal, Answer),
            _ = hot_deploy_set:unpurged(Load),
            Released;
        Kept ->
            kept(Journal, Answer, Kept)
    end.

%% Those whose state could not be taken over go on with it as it is, in the new code.
kept(#{held := Held} = Journal, Answer, Kept) ->
    hot_deploy_hold:forget(Held),
    marked(Journal),
    (told(Answer, resume(Journal)))#{result => stuck, staying => hot_deploy_node:processes(Kept)}.

%% Everything new has come: what was held goes on, and what is gone goes.
-spec forward(hot_deploy_switch:journal()) -> hot_deploy_json:json().
forward(#{request := Request, plan := #{delete := Delete}, held := Held, settled := Settled} = Journal) ->
    {#{changed := Changed, started := Started}, Facts} = {Settled, maps:without([changed, started], Settled)},
    marked(Journal),
    Silent = resume(Journal),
    Took = erlang:monotonic_time(microsecond) - Started,
    hot_deploy_hold:forget(Held),
    process_flag(priority, normal),
    [code:delete(Module) || #{module := Module} <- Delete, erlang:module_loaded(Module)],
    Kept = hot_deploy_set:unpurged(Delete),
    hot_deploy_hosts:refresh([{Pid, Module} || {Pid, Module, server} <- Held]),
    told(Facts#{microseconds => Took, staying => hot_deploy_node:processes(Kept), configChange => config_change(Changed, Request)}, Silent).

%% Nothing else on the node tells which release its code is of, where no release_handler does.
marked(#{request := #{release := {_, Version} = Release}}) ->
    persistent_term:put(hot_deploy_release, Release),
    whereis(release_handler) =:= undefined orelse hot_deploy_records:runs(Version);
marked(_) -> ok.

%% The applications' own functions are called in the application controller: one that hangs holds it, and not us.
config_change(none, _) -> ok;
config_change(Changed, #{code_change_timeout := Timeout}) -> limited(fun() -> application_controller:config_change(Changed) end, Timeout).

limited(Work, Timeout) ->
    {Worker, Monitor} = spawn_monitor(fun() -> exit({worked, Work()}) end),
    receive
        {'DOWN', Monitor, process, Worker, {worked, {error, _}}} -> failed;
        {'DOWN', Monitor, process, Worker, {worked, _}} -> ok;
        {'DOWN', Monitor, process, Worker, _} -> failed
    after Timeout ->
        exit(Worker, kill),
        unanswering
    end.

resume(#{held := Held, before := Before}) ->
    hot_deploy_hold:resume([Each || {Pid, _, _} = Each <- Held, not lists:member(Pid, Before)]).

told(Answer, Silent) -> Answer#{notResumed => [hot_deploy_node:note(Pid, []) || Pid <- Silent]}.

text(Format, Arguments) -> unicode:characters_to_binary(io_lib:format(Format, Arguments)).
