%% The application environment across the switch: what it has to become, whether it did, and the way back.
-module(hot_deploy_environment).
-export([refuse_kept/2, expected/2, portable/1, put_unportable/1, compare/1, snapshot/1, restore/1, exchange/2]).

-type values() :: [{atom(), [{atom(), term()}]}].
-type expected() :: values().
-opaque snapshot() :: {[tuple()], values()}.
-export_type([expected/0, snapshot/0]).

%% The VM and its loggers take these up when they start, and nobody hears of a change.
-define(READ_AT_START, [kernel, stdlib, sasl, elixir, logger]).

%% Refuses a release that configures differently what only a start reads: the new value would stand there, and not hold.
-spec refuse_kept(hot_deploy_config:resolved(), map()) -> ok.
refuse_kept(#{environment := New}, #{baseline := Baseline, salt := Salt}) ->
    At = fun(Application) -> lists:member(Application, ?READ_AT_START) end,
    Old = lists:sort([{{Application, Key}, Print} || {Application, Key, Print} <- Baseline, At(Application)]),
    Now = lists:sort([{{Application, Key}, hot_deploy_term:fingerprint(Value, Salt)} || {Application, Values} <- New, At(Application),
                                                                                       {Key, Value} <- Values]),
    case lists:usort([Name || {Name, _} <- (Old -- Now) ++ (Now -- Old), not noted(Name)]) of
        [] ->
            ok;
        Kept ->
            Names = [name(Application, Key) || {Application, Key} <- Kept],
            throw({refused, setting_kept, unicode:characters_to_binary(lists:join(" ", Names))})
    end.

%% Elixir's own notes on where the configuration came from.
noted({elixir, Key}) -> lists:prefix("config_provider_", atom_to_list(Key));
noted(_) -> false.

%% What a cold boot would have, and on top of it what the running applications have set themselves since they
%% started: install_release would drop that, and nobody would set it again. Where the new release configures
%% such a key differently than the old one did, the configuration wins.
-spec expected(hot_deploy_config:resolved(), map()) -> expected().
expected(#{environment := New}, #{baseline := Baseline, salt := Salt}) ->
    Old = maps:from_list([{{Application, Key}, Print} || {Application, Key, Print} <- Baseline]),
    [{Application, merge(Application, Values, Old, Salt)} || {Application, Values} <- New].

merge(Application, Values, Old, Salt) ->
    Configured = maps:from_list(Values),
    Kept = maps:from_list([{Key, Value} || {Key, Value} <- application:get_all_env(Application),
                                           set_at_run_time(Application, Key, Value, Old, Salt),
                                           unchanged(Application, Key, Configured, Old, Salt)]),
    lists:sort(maps:to_list(maps:merge(Configured, Kept))).

set_at_run_time(Application, Key, Value, Old, Salt) ->
    maps:get({Application, Key}, Old, none) =/= hot_deploy_term:fingerprint(Value, Salt).

unchanged(Application, Key, Configured, Old, Salt) ->
    New =
        case Configured of
            #{Key := Value} -> hot_deploy_term:fingerprint(Value, Salt);
            _ -> none
        end,
    New =:= maps:get({Application, Key}, Old, none).

%% As much as can be written down for release_handler to read.
-spec portable(expected()) -> values().
portable(Expected) ->
    [{Application, [Pair || {_, Value} = Pair <- Values, hot_deploy_term:portable(Value)]} || {Application, Values} <- Expected].

%% Pids, references and closures that an application keeps in its environment can only be put back from memory.
-spec put_unportable(expected()) -> ok.
put_unportable(Expected) ->
    [application:set_env(Application, Key, Value) || {Application, Values} <- Expected,
                                                     {Key, Value} <- Values,
                                                     not hot_deploy_term:portable(Value)],
    ok.

%% Keys only: values may be secrets.
-spec compare(expected()) -> hot_deploy_json:json().
compare(Expected) ->
    Compared = lists:append([compare(Application, Values) || {Application, Values} <- Expected, known(Application)]),
    #{
        matching => length([ok || {_, true} <- Compared]),
        differing => [Name || {Name, false} <- Compared]
    }.

compare(Application, Values) ->
    Actual = maps:from_list(application:get_all_env(Application)),
    Wanted = maps:from_list(Values),
    Extra = case Application of
        kernel -> [];
        stdlib -> [];
        _ -> maps:keys(maps:without(maps:keys(Wanted), Actual))
    end,
    [{name(Application, Key), maps:find(Key, Actual) =:= {ok, Value}} || {Key, Value} <- Values] ++
        [{name(Application, Key), false} || Key <- Extra].

known(Application) -> lists:keymember(Application, 1, application:loaded_applications()).

name(Application, Key) -> unicode:characters_to_binary([atom_to_binary(Application), $:, io_lib:format("~tw", [Key])]).

%% A refused install has changed environment and application data already (it does so before it looks at the
%% script), and leaves them so.
-spec snapshot(string()) -> snapshot().
snapshot(Version) ->
    {ok, Boot} = file:read_file(filename:join([hot_deploy_node:root(), "releases", Version, "start.boot"])),
    {script, _, Instructions} = binary_to_term(Boot),
    Data = [Application || Instruction <- Instructions, Application <- application_data(Instruction)],
    {Data, [{Application, application:get_all_env(Application)} || {Application, _, _} <- application:loaded_applications()]}.

application_data({kernelProcess, application_controller, {application_controller, start, [Application]}}) -> [Application];
application_data({apply, {application, load, [Application]}}) -> [Application];
application_data(_) -> [].

-spec restore(snapshot()) -> ok.
restore({Data, Values}) ->
    %% The applications were told of the new values when the install was refused: tell them of the old again.
    application_controller:config_change(exchange(Data, Values)),
    ok.

%% Gives loaded applications these specifications and values. Answers what application_controller needs to tell the
%% applications of it.
-spec exchange([tuple()], values()) -> term().
exchange(Data, Values) ->
    Changed = application_controller:prep_config_change(),
    %% With all values at once: a moment with the defaults of the .app files would be seen.
    ok = application_controller:change_application_data(Data, Values ++ others(Values)),
    [put_all(Application, Pairs) || {Application, Pairs} <- Values],
    Changed.

%% The controller forgets what is configured for applications that are not loaded yet, unless it is told again. Its record ends
%% with that.
others(Values) ->
    State = sys:get_state(application_controller),
    case element(tuple_size(State), State) of
        Configured when is_list(Configured) -> [Each || {Name, _} = Each <- Configured, not lists:keymember(Name, 1, Values)];
        _ -> []
    end.

put_all(Application, Pairs) ->
    Now = application:get_all_env(Application),
    [application:unset_env(Application, Key) || {Key, _} <- Now, not lists:keymember(Key, 1, Pairs)],
    [application:set_env(Application, Key, Value) || {Key, Value} <- Pairs, not lists:member({Key, Value}, Now)],
    ok.
