%% System messages to many processes at once: held, asked to take their states over, given back what they had, let go. What a
%% process had lies in its own dictionary meanwhile: nothing is copied, and whoever takes over from one that was killed
%% needs to know nothing but the processes.
-module(hot_deploy_hold).
-export([hold/2, change/3, restore/1, forget/1, resume/1, ask/2]).

-define(KEPT, '$hot_deploy_state').
%% Milliseconds, for processes that do nothing else.
-define(PATIENCE, 5000).

-type held() :: [hot_deploy_running:found()].
-export_type([held/0]).

%% Those that did not come to a stand in time. They are not held: the resume that goes behind undoes a suspend that comes late.
-spec hold(held(), timeout()) -> [pid()].
hold(Held, Timeout) ->
    Silent = [Pid || {Pid, silent} <- ask([{Pid, Pid, suspend} || Pid <- pids(Held)], Timeout)],
    send([{Pid, resume} || Pid <- Silent]),
    Silent.

%% Lets those that are held take their states over from these versions. Answers those that did not, and why.
-spec change(held(), #{module() => term()}, timeout()) -> [{pid(), module(), term()}].
change(Held, Versions, Timeout) ->
    send([{Pid, {replace_state, keep(Kind)}} || {Pid, Kind} <- kinds(Held)]),
    Answers = ask([{{Pid, Module}, Pid, {change_code, Module, maps:get(Module, Versions, undefined), []}} || {Pid, Module, _} <- Held], Timeout),
    [{Pid, Module, Why} || {{Pid, Module}, Answer} <- Answers, Why <- failure(Answer)].

failure({ok, ok}) -> [];
failure(gone) -> [];
failure(silent) -> [timeout];
failure({ok, {error, Why}}) -> [Why];
failure({ok, Other}) -> [Other].

%% Gives those that are held the states back that they had.
-spec restore(held()) -> ok.
restore(Held) -> send([{Pid, {replace_state, put_back(Kind)}} || {Pid, Kind} <- kinds(Held)]).

-spec forget(held()) -> ok.
forget(Held) -> send([{Pid, {replace_state, forgotten(Kind)}} || {Pid, Kind} <- kinds(Held)]).

%% Answers those that do not show that they go on: they will when they come to what waits for them.
-spec resume(held()) -> [pid()].
resume(Held) -> [Pid || {Pid, silent} <- ask([{Pid, Pid, resume} || Pid <- pids(Held)], ?PATIENCE)].

pids(Held) -> lists:usort([Pid || {Pid, _, _} <- Held]).
kinds(Held) -> lists:usort([{Pid, Kind} || {Pid, _, Kind} <- Held]).

%% An event manager asks once for each of its handlers.
keep(event) -> fun({Module, Id, State} = Handler) -> put({?KEPT, Module, Id}, {kept, State}), Handler end;
keep(_) -> fun(State) -> put(?KEPT, {kept, State}), State end.

put_back(event) -> fun({Module, Id, State}) -> {Module, Id, kept(erase({?KEPT, Module, Id}), State)} end;
put_back(_) -> fun(State) -> kept(erase(?KEPT), State) end.

forgotten(event) -> fun({Module, Id, _} = Handler) -> erase({?KEPT, Module, Id}), Handler end;
forgotten(_) -> fun(State) -> erase(?KEPT), State end.

kept({kept, State}, _) -> State;
kept(undefined, State) -> State.

%% The answer, which holds the state, goes to nobody.
send(Messages) ->
    {Nobody, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, _, _} -> ok end,
    [Pid ! {system, {Nobody, Monitor}, Message} || {Pid, Message} <- Messages],
    ok.

%% All at once, as sys asks one.
-spec ask([{Key, pid(), term()}], timeout()) -> [{Key, {ok, term()} | gone | silent}].
ask(Requests, Timeout) ->
    Asked = [begin
                 Alias = erlang:monitor(process, Pid, [{alias, reply_demonitor}]),
                 Pid ! {system, {self(), [alias | Alias]}, Message},
                 {Alias, Key}
             end || {Key, Pid, Message} <- Requests],
    Answers = collect(maps:from_list(Asked), #{}, deadline(Timeout)),
    [{Key, case Answers of
               #{Alias := Answer} -> Answer;
               _ -> erlang:demonitor(Alias, [flush]), dropped(Alias)
           end} || {Alias, Key} <- Asked].

collect(Open, Answers, _) when map_size(Open) =:= 0 ->
    Answers;
collect(Open, Answers, Deadline) ->
    receive
        {[alias | Alias], Answer} when is_map_key(Alias, Open) ->
            collect(maps:remove(Alias, Open), Answers#{Alias => {ok, Answer}}, Deadline);
        {'DOWN', Alias, process, _, _} when is_map_key(Alias, Open) ->
            collect(maps:remove(Alias, Open), Answers#{Alias => gone}, Deadline)
    after max(0, Deadline - erlang:monotonic_time(millisecond)) ->
        Answers
    end.

dropped(Alias) ->
    receive {[alias | Alias], Answer} -> {ok, Answer}
    after 0 -> silent
    end.

deadline(Timeout) -> erlang:monotonic_time(millisecond) + Timeout.
