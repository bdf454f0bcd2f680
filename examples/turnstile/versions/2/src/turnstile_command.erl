%% What a line asks for, and the answer to it.
-module(turnstile_command).

-export([run/1]).

-spec run(binary()) -> iodata().
run(<<"COIN">>) ->
    case turnstile:coin() of
        unlocked -> "UNLOCKED";
        {missing, Coins} -> ["MISSING ", integer_to_list(Coins)]
    end;
run(<<"PUSH">>) ->
    string:uppercase(atom_to_list(turnstile:push()));
run(<<"FARE">>) ->
    {ok, Fare} = application:get_env(turnstile, fare),
    integer_to_list(Fare);
run(<<"FINES">>) ->
    integer_to_list(turnstile:fines());
run(<<"VERSION">>) ->
    [?VERSION, $\s, integer_to_list(turnstile:coins())];
run(_Line) ->
    "ERROR unknown".
