%% What an upgrade would do to the processes of this node, found out without touching them.
-module(hot_deploy_check).
-export([ready/1, check/1, concerned/1, answer/2]).

-define(PATIENCE, 3000).
-define(LOOKS, 5).
-define(PAUSE, 50).

%% Who this is, and what the upgrade would do to it, in one answer.
-spec ready(map()) -> hot_deploy_json:json().
ready(Request) ->
    #{identity => hot_deploy_node:identify(#{}), check => check(Request)}.

%% Loads are all modules that get new code, updates those whose processes are to be held meanwhile. They come as text:
%% nobody runs a module whose name the node has never heard, and an atom that is made once stays for ever.
-spec check(#{loads := [string()], updates := [string()], timeout := timeout()}) -> hot_deploy_json:json().
check(#{loads := LoadNames, updates := UpdateNames, timeout := Timeout}) ->
    Loads = known(LoadNames),
    Updates = known(UpdateNames),
    Tree = hot_deploy_tree:walk(all),
    Crashing = [Each || is_pid(whereis(release_handler)), Each <- crashing(maps:to_list(Tree))],
    #{kept := Kept, unseen := Unseen} = hot_deploy_funs:kept(Loads),
    Base = #{
        supervisors => Crashing,
        wouldDie => hot_deploy_node:processes(Loads),
        unanswering => [],
        unsupervised => [],
        funs => Kept,
        unseen => Unseen,
        hosts => hosts(hot_deploy_hosts:of_modules(Loads)),
        counts => #{}
    },
    %% Asking on would crash what release_handler would crash, so it is left out.
    case {Crashing, Updates} of
        {[], [_ | _]} ->
            try
                Supervised = supervised(),
                Concerned = concerned(Updates, Supervised),
                Base#{
                    held => length(Concerned),
                    counts => counts(Updates, Supervised),
                    unanswering => [note(Pid) || Pid <- unanswering(Concerned, Timeout)],
                    unsupervised => [note(Pid) || Pid <- unsupervised(Updates, Concerned)]
                }
            catch
                throw:{refused, supervisors, Why} ->
                    Base#{held => 0, supervisors => [#{path => <<"the supervision tree">>, why => Why}]}
            end;
        _ ->
            Base#{held => 0}
    end.

%% How many there are of each module that they run.
hosts(Hosts) ->
    maps:from_list([{Module, length([Pid || {Pid, M} <- Hosts, M =:= Module])} || Module <- lists:usort([M || {_, M} <- Hosts])]).

known(Names) ->
    lists:append([try [binary_to_existing_atom(unicode:characters_to_binary(Name))]
                  catch error:badarg -> []
                  end || Name <- Names]).

%% release_handler asks every supervisor for its children, and a top process that is none crashes on the
%% question; so does the upgrade on a supervisor that is suspended or busy.
crashing(Nodes) ->
    lists:append([crashing(atom_to_binary(Application), Top) || {Application, Top} <- Nodes]).

crashing(Path, #{type := worker, id := <<"top">>}) ->
    [#{path => Path, why => <<"its top process is no supervisor">>}];
crashing(Path, #{type := unanswering}) ->
    [#{path => Path, why => <<"it does not answer: busy, or suspended">>}];
crashing(Path, #{children := Children}) ->
    lists:append([crashing(<<Path/binary, "/", (maps:get(id, Child))/binary>>, Child) || Child <- Children]);
crashing(_, _) ->
    [].

%% The processes to be held. Supervisors and event managers stay out: release_handler asks the ones for their
%% children and the others for their handlers each time it suspends, and would crash on one that is suspended.
-spec concerned([module()]) -> [pid()].
concerned(Updates) -> concerned(Updates, supervised()).

concerned(Updates, Supervised) ->
    lists:usort([Pid || {_, _, Pid, Modules} <- Supervised,
                        lists:any(fun(Module) -> lists:member(Module, Updates) end, Modules),
                        not asked_by_handler(Pid)]).

%% How many processes release_handler will find for each module, supervisors and event managers with them.
counts(Updates, Supervised) ->
    Found = [{Module, Pid} || {_, _, Pid, Modules} <- Supervised, Module <- Modules, lists:member(Module, Updates)],
    maps:from_list([{Module, length(lists:usort([Pid || {M, Pid} <- Found, M =:= Module]))} || Module <- Updates]).

asked_by_handler(Pid) ->
    case proc_lib:initial_call(Pid) of
        {supervisor, _, _} -> true;
        {gen_event, _, _} -> true;
        _ -> false
    end.

%% As release_handler will see them, in time. Where there is none all are found by what they run, whoever supervises them.
-spec supervised() -> [{pid() | none, term(), pid(), [module()]}].
supervised() -> supervised(whereis(release_handler)).

supervised(undefined) ->
    [{none, none, Pid, [Module]} || Pid <- erlang:processes(), {Module, _, _} <- [proc_lib:initial_call(Pid)]];
supervised(_) ->
    case within(?PATIENCE, fun release_handler_1:get_supervised_procs/0) of
        {ok, Processes} -> [Process || {_, _, _, Modules} = Process <- Processes, is_list(Modules)];
        failed -> throw({refused, supervisors, <<"the supervision tree could not be read in time">>})
    end.

%% Processes that run one of these modules as their behaviour's callback, whoever supervises them.
runs(Modules) ->
    [Pid || Pid <- erlang:processes(), {Module, _, _} <- [proc_lib:initial_call(Pid)], lists:member(Module, Modules)].

%% Those that no supervisor reports. One that has come since the supervisors were asked is no such process, where
%% connections come and go all the time: only who is found outside again and again is.
unsupervised(Updates, Concerned) ->
    Hosts = [Pid || {Pid, _} <- hot_deploy_hosts:of_modules(Updates)],
    outside([Pid || Pid <- (runs(Updates) -- Concerned) -- Hosts, not asked_by_handler(Pid)], Updates, ?LOOKS).

outside([], _, _) ->
    [];
outside(Pids, _, 0) ->
    Pids;
outside(Pids, Updates, Looks) ->
    timer:sleep(?PAUSE),
    outside([Pid || Pid <- Pids -- concerned(Updates), is_process_alive(Pid)], Updates, Looks - 1).

%% All are asked at once: one after another, each busy one would cost its full time-out. Who has ended meanwhile needs no
%% holding.
unanswering(Pids, Timeout) ->
    Answers = answer(Pids, fun(Pid) -> sys:statistics(Pid, get, Timeout) end),
    [Pid || {Pid, failed} <- Answers, is_process_alive(Pid)].

-spec answer([pid()], fun((pid()) -> term())) -> [{pid(), {ok, term()} | failed}].
answer(Pids, Ask) ->
    Asked = [{Pid, spawn_monitor(fun() -> exit({answer, Ask(Pid)}) end)} || Pid <- Pids],
    [{Pid, receive
               {'DOWN', Monitor, process, Worker, {answer, Answer}} -> {ok, Answer};
               {'DOWN', Monitor, process, Worker, _} -> failed
           end} || {Pid, {Worker, Monitor}} <- Asked].

within(Timeout, Work) ->
    {Worker, Monitor} = spawn_monitor(fun() -> exit({answer, Work()}) end),
    receive
        {'DOWN', Monitor, process, Worker, {answer, Answer}} -> {ok, Answer};
        {'DOWN', Monitor, process, Worker, _} -> failed
    after Timeout ->
        exit(Worker, kill),
        demonitor(Monitor, [flush]),
        failed
    end.

note(Pid) ->
    case proc_lib:initial_call(Pid) of
        {Module, _, _} -> hot_deploy_node:note(Pid, [Module]);
        false -> hot_deploy_node:note(Pid, [])
    end.
